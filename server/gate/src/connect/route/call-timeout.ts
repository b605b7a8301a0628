import { parseGrpcTimeout } from "../grpc-timeout.ts";

/** What a gate takes when it has the keys, in milliseconds, and more. Less than this is no news to a deadline. */
const NOTEWORTHY_MS = 100;

/** The most characters that gRPC lets a timeout have: eight digits and a unit. */
const MAX_GRPC_CHARS = 9;

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
  if (connect !== null && /^\d{1,10}$/.test(connect)) {
    header.set("connect-timeout-ms", left(Number(connect)));
  }
  const grpc = header.get("grpc-timeout") ?? "";
  const ms = parseGrpcTimeout(grpc);
  // What is longer is malformed, or so far away that it needs no shortening.
  if (ms !== undefined && grpc.length <= MAX_GRPC_CHARS && `${left(ms)}m`.length <= MAX_GRPC_CHARS) {
    header.set("grpc-timeout", `${left(ms)}m`);
  }
}
