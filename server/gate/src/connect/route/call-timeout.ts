import { parseGrpcTimeout } from "../grpc-timeout.ts";

/** What a gate takes when it has the keys, in milliseconds, and more. Less than this is no news to a deadline. */
const NOTEWORTHY_MS = 100;

/** The most characters that gRPC lets a timeout have: eight digits and a unit. */
const MAX_GRPC_CHARS = 9;

/** The longest that a timer of Node can run, in milliseconds. A longer one would fire at once. */
export const MAX_TIMER_MS = 2_147_483_647;

/** The same in the fields of both protocols. What gRPC writes has at most eight digits. */
const LONGEST = { connect: String(MAX_TIMER_MS), grpc: `${Math.floor(MAX_TIMER_MS / 1_000)}S` };

/**
 * Have a call whose deadline lies more than 24 days ahead keep the longest that a timer can. It is not taken off: a server
 * that lets a client have no such deadline refuses this one as well. What is malformed stays as it is.
 *
 * @returns the request itself when it has no such deadline, and a copy otherwise
 */
export function limitTimeout<R extends { readonly header: Headers }>(request: R): R {
  const connect = request.header.get("connect-timeout-ms") ?? "";
  const grpc = request.header.get("grpc-timeout") ?? "";
  const isLong = isConnectTimeout(connect) && Number(connect) > MAX_TIMER_MS;
  const isLongGrpc = grpc.length <= MAX_GRPC_CHARS && (parseGrpcTimeout(grpc) ?? 0) > MAX_TIMER_MS;
  if (!isLong && !isLongGrpc) {
    return request;
  }
  const header = new Headers(request.header);
  if (isLong) {
    header.set("connect-timeout-ms", LONGEST.connect);
  }
  if (isLongGrpc) {
    header.set("grpc-timeout", LONGEST.grpc);
  }
  return { ...request, header };
}

/**
 * Take from the deadline of a call what the gate has spent of it, waiting for keys: Connect counts from when it gets the
 * call.
 *
 * @param header is changed
 * @param spentMs how long the gate took
 */
export function shortenTimeout(header: Headers, spentMs: number): void {
  if (spentMs < NOTEWORTHY_MS) {
    return;
  }
  const left = (ms: number): string => String(Math.max(0, Math.ceil(ms - spentMs)));
  const connect = header.get("connect-timeout-ms");
  if (connect !== null && isConnectTimeout(connect)) {
    header.set("connect-timeout-ms", left(Number(connect)));
  }
  const grpc = header.get("grpc-timeout") ?? "";
  const ms = parseGrpcTimeout(grpc);
  // What is longer is malformed, or so far away that it needs no shortening.
  if (ms !== undefined && grpc.length <= MAX_GRPC_CHARS && `${left(ms)}m`.length <= MAX_GRPC_CHARS) {
    header.set("grpc-timeout", `${left(ms)}m`);
  }
}

function isConnectTimeout(text: string): boolean {
  return /^\d{1,10}$/.test(text);
}
