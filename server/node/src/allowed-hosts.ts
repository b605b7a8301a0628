import type { IncomingHttpHeaders } from "node:http2";
import { isHost, isLoopback } from "@countersign/server/internal";
import { BAD_REQUEST, type RequestFault } from "./exchange/request-fault.ts";

/** Finds why a request is for no host that is answered; `undefined` when it is for one. */
export type HostCheck = (headers: IncomingHttpHeaders) => RequestFault | undefined;

/** How much of an option's value a message repeats, in characters. */
const MAX_QUOTED_CHARS = 200;

const MISDIRECTED: RequestFault = {
  status: 421,
  error: "no request for this host is answered here: list it in allowedHosts, or in --allowed-hosts",
};

/**
 * Create what holds requests to the hosts that a listener answers: loopback's own, and those that are listed, whatever
 * the port. A page of anyone's can have its own name lead to loopback, and then read what listens there (DNS
 * rebinding); the browser sends that name.
 *
 * @param allowed names or addresses without a port
 * @throws TypeError that names the entry that is none
 */
export function createHostCheck(allowed: readonly string[]): HostCheck {
  assertHosts("allowedHosts", allowed);
  const hostnames = new Set(allowed.map((host) => new URL(`http://${host}`).hostname));
  let lastAnswered: string | undefined;
  const find = (authority: string): RequestFault | undefined => {
    if (authority === lastAnswered) {
      return undefined;
    }
    if (!isHost(authority)) {
      return BAD_REQUEST;
    }
    const { hostname } = new URL(`http://${authority}`);
    if (!isLoopback(hostname) && !hostnames.has(hostname)) {
      return MISDIRECTED;
    }
    lastAnswered = authority;
    return undefined;
  };
  return ({ host, ":authority": authority }) => {
    if (host === undefined) {
      return typeof authority === "string" ? find(authority) : BAD_REQUEST;
    }
    return find(host) ?? (typeof authority === "string" ? find(authority) : undefined);
  };
}

/**
 * Assert that a list holds hosts without a port.
 *
 * @param option has the list, for errors
 * @param hosts plain JavaScript can give anything
 * @throws TypeError that names the option and the entry
 */
export function assertHosts(option: string, hosts: readonly string[]): void {
  if (!Array.isArray(hosts)) {
    throw new TypeError(`${option} must be a list of hosts such as ["auth.example.com"]`);
  }
  for (const host of hosts) {
    if (!isHostWithoutPort(host)) {
      const text = typeof host === "string" ? JSON.stringify(host.slice(0, MAX_QUOTED_CHARS)) : typeof host;
      throw new TypeError(`${option}: ${text} is no host without a port, such as auth.example.com`);
    }
  }
}

function isHostWithoutPort(host: unknown): boolean {
  return (
    typeof host === "string" &&
    isHost(host) &&
    !/:\d*$/.test(host.replace(/^\[.*\]/, "")) &&
    !host.includes("*")
  );
}
