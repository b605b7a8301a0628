import { DEFAULT_LIMITS, resolveLimits } from "@countersign/server/internal";

/** What one caller may take of the server before it has proven anything. */
export interface HttpLimits {
  /** How long a connection may take to send its first bytes, and a request its header, in milliseconds. Default 15,000. */
  readonly headerTimeoutMs: number;
  /** How large the header of a request may be, in bytes. Default 32 KiB: room for a token, a proof and cookies. */
  readonly maxHeaderBytes: number;
  /** How many requests of one HTTP/1.1 connection may wait for those before them. Default 100. */
  readonly maxPipelinedRequests: number;
  /** How many calls may run at the same time on one HTTP/2 connection. Default 256. */
  readonly maxConcurrentStreams: number;
  /**
   * How many calls the client of one HTTP/2 connection may reset in a row, and as many that the server resets for its
   * mistakes, or because they hold too many bytes; then the connection is closed. Default 256: more than any client has
   * reason to, and more where a proxy in front sends the calls of many users over one connection.
   */
  readonly maxStreamResets: number;
  /** How many of those resets are forgotten in a second. Default 33. */
  readonly streamResetsPerSecond: number;
  /** How much memory one HTTP/2 connection may take, in megabytes. Default 10. */
  readonly maxSessionMemoryMegabytes: number;
  /** How long a connection may stay open without a call, in milliseconds. Default 5 minutes. */
  readonly idleTimeoutMs: number;
}

/**
 * Fill in the limits that are not given.
 *
 * @throws TypeError when a limit is not a positive whole number, or there is none of that name
 */
export function resolveHttpLimits(given: Partial<HttpLimits> = {}): HttpLimits {
  return resolveLimits<HttpLimits>("limits", DEFAULT_LIMITS.listen, given);
}
