import { isIP } from "node:net";
import { toNetwork } from "@countersign/server/internal";
import type { CallRequest } from "./handler.ts";

/** Where to look for the address of a caller. */
export interface PeerOptions {
  /** Whether every request comes through a proxy of the operator's, which adds the address that it sees. */
  readonly isBehindProxy: boolean;
}

/** What {@link createPeerQuestion} goes by. */
export interface PeerQuestionOptions {
  /** Says it. Default, also where it returns an empty string or throws: the network of the socket. */
  readonly peerOf?: ((req: CallRequest) => string) | undefined;
  /** Receives what it throws. */
  readonly onError?: ((error: unknown) => void) | undefined;
}

/**
 * Create what asks the application where a request comes from. It never throws.
 *
 * @returns a function that returns an empty string where the application says nothing, or throws
 */
export function createPeerQuestion({ peerOf, onError }: PeerQuestionOptions): (req: CallRequest) => string {
  return (req) => {
    try {
      return peerOf?.(req) ?? "";
    } catch (reason) {
      onError?.(reason);
      return "";
    }
  };
}

/** Create what says where a request comes from, in the form that limits count by. It never throws. */
export function createPeerReader(ask: (req: CallRequest) => string): (req: CallRequest) => string {
  return (req) => {
    const said = ask(req);
    return said === "" ? readPeer(req, { isBehindProxy: false }) : said;
  };
}

/**
 * Find where a request comes from, in the form that limits count by: an IPv4 address, or the first 64 bits of an IPv6
 * one, which are what one customer gets.
 *
 * Behind a proxy it is the last entry of `X-Forwarded-For`, the only one that the proxy itself has written
 * (RFC 9700 §4.13). Otherwise any client can write that header, and only the connection counts.
 *
 * @returns an empty string when the connection is over, and has no address any more
 */
export function readPeer(req: CallRequest, { isBehindProxy }: PeerOptions): string {
  const forwarded = isBehindProxy ? lastForwarded(req) : undefined;
  return toNetwork(forwarded ?? addressOf(req));
}

function addressOf(req: CallRequest): string {
  try {
    return req.socket.remoteAddress ?? "";
  } catch {
    // Of a request over HTTP/2 Node throws instead, once its connection is over.
    return "";
  }
}

function lastForwarded(req: CallRequest): string | undefined {
  const header = req.headers["x-forwarded-for"];
  const text = Array.isArray(header) ? header.join(",") : header;
  const last = text?.split(",").at(-1)?.trim() ?? "";
  // Some proxies write the port too, and then put brackets around an IPv6 address.
  const [, bracketed, plain] = /^(?:\[([^\]]+)\]|([^:]+))(?::\d+)?$/.exec(last) ?? [];
  return [last, bracketed, plain].find((candidate) => candidate !== undefined && isIP(candidate) !== 0);
}
