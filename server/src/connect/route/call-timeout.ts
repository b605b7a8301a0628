/** What a gate takes when it has the keys, in milliseconds, and more. Less than this is no news to a deadline. */
const NOTEWORTHY_MS = 100;

/** The units of `grpc-timeout` ([gRPC over HTTP/2](https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md)), in milliseconds. */
const UNIT_MS: Readonly<Record<string, number>> = {
  H: 3_600_000,
  M: 60_000,
  S: 1_000,
  m: 1,
  u: 1e-3,
  n: 1e-6,
};

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
  const [, count = "", unit = ""] = /^(\d{1,8})([HMSmun])$/.exec(header.get("grpc-timeout") ?? "") ?? [];
  const leftMs = left(Number(count) * (UNIT_MS[unit] ?? 0));
  // Eight digits are the most there may be: a deadline that far away needs no shortening.
  if (unit !== "" && leftMs.length <= 8) {
    header.set("grpc-timeout", `${leftMs}m`);
  }
}
