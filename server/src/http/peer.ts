import { isIP } from "node:net";
import type { CallRequest } from "./handler.ts";

/** Where to look for the address of a caller. */
export interface PeerOptions {
  /** Whether every request comes through a proxy of the operator's, which adds the address that it sees. */
  readonly isBehindProxy: boolean;
}

/**
 * Say where a request comes from, in the form that limits count by: an IPv4 address, or the first 64 bits of an IPv6
 * one, which are what one customer gets.
 *
 * Behind a proxy it is the last entry of `X-Forwarded-For`, the only one that the proxy itself has written
 * (RFC 9700 §4.13). Otherwise that header is anybody's, and only the connection counts.
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

function toNetwork(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined) {
    return mapped;
  }
  return isIP(address) === 6 ? `${first64Bits(address)}::/64` : address;
}

function first64Bits(address: string): string {
  const [plain = ""] = address.split("%", 1);
  const [head = "", tail] = plain.split("::", 2);
  const left = head === "" ? [] : head.split(":");
  const right = tail === undefined || tail === "" ? [] : tail.split(":");
  // An address that ends like an IPv4 one has a group less than it shows.
  const groups = left.length + right.length + (plain.includes(".") ? 1 : 0);
  const zeros = tail === undefined ? [] : Array<string>(Math.max(0, 8 - groups)).fill("0");
  const all = [...left, ...zeros, ...right];
  return all
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(":");
}
