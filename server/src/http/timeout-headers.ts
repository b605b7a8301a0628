/** The longest that a timer of Node can run, in milliseconds. A longer one would fire at once. */
export const MAX_TIMER_MS = 2_147_483_647;

/** The units of gRPC's header, in milliseconds. */
const UNITS_MS: Readonly<Record<string, number>> = {
  H: 3_600_000,
  M: 60_000,
  S: 1_000,
  m: 1,
  u: 1e-3,
  n: 1e-6,
};

/** Forget a deadline that lies more than 24 days ahead: no timer can keep it, and the call may as well have none. */
export function dropEndlessTimeouts(header: Headers): void {
  if (Number(header.get("connect-timeout-ms")) > MAX_TIMER_MS) header.delete("connect-timeout-ms");
  const [, amount = "", unit = ""] = /^(\d+)(.)$/.exec(header.get("grpc-timeout") ?? "") ?? [];
  if (Number(amount) * (UNITS_MS[unit] ?? 0) > MAX_TIMER_MS) header.delete("grpc-timeout");
}
