import { isIP } from "node:net";
import { toNetwork } from "@countersign/server/internal";
import type { CallRequest } from "./handler.ts";

/** Where to look for the address of a caller. */
export interface PeerOptions {
  /** Whether every request comes through a proxy of the operator's, which adds the address that it sees. */
  readonly isBehindProxy: boolean;
}

/**
 * Find where a request comes from, in the form that limits count by: an IPv4 address, or the first 64 bits of an IPv6
 * one, which are what one customer gets.
 *
 * Behind a proxy it is the last entry of `X-Forwarded-For`, the only one that the proxy itself has written
 * (RFC 9700 §4.13). Otherwise any client can write that header, and only the connection counts.
 */
export function readPeer(req: CallRequest, { isBehindProxy }: PeerOptions): string {
  const forwarded = isBehindProxy ? lastForwarded(req) : undefined;
  return toNetwork(forwarded ?? req.socket.remoteAddress ?? "");
}

function lastForwarded(req: CallRequest): string | undefined {
  const header = req.headers["x-forwarded-for"];
  const text = Array.isArray(header) ? header.join(",") : header;
  const last = text?.split(",").at(-1)?.trim() ?? "";
  // Some proxies write the port too, and then put brackets around an IPv6 address.
  const [, bracketed, plain] = /^(?:\[([^\]]+)\]|([^:]+))(?::\d+)?$/.exec(last) ?? [];
  return [last, bracketed, plain].find((candidate) => candidate !== undefined && isIP(candidate) !== 0);
}
