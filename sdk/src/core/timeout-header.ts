const CONNECT_HEADER = "connect-timeout-ms";
const GRPC_HEADER = "grpc-timeout";

const GRPC_UNITS_MS: Readonly<Record<string, number>> = {
  H: 3_600_000,
  M: 60_000,
  S: 1_000,
  m: 1,
  u: 1e-3,
  n: 1e-6,
};

/** Read how long a call may take, in milliseconds; `undefined` when it has no deadline. */
export function readTimeoutMs(header: Headers): number | undefined {
  const connect = header.get(CONNECT_HEADER);
  if (connect !== null) return Number(connect);
  const grpc = header.get(GRPC_HEADER);
  const unit = GRPC_UNITS_MS[grpc?.at(-1) ?? ""];
  return grpc === null || unit === undefined ? undefined : Number(grpc.slice(0, -1)) * unit;
}

/**
 * Tell the server how much of the call's time is left. Transports write the header before interceptors run, so
 * time that was spent waiting for a token would count twice.
 */
export function writeTimeoutMs(header: Headers, timeoutMs: number): void {
  const whole = Math.max(1, Math.floor(timeoutMs));
  if (header.has(CONNECT_HEADER)) header.set(CONNECT_HEADER, String(whole));
  if (header.has(GRPC_HEADER)) header.set(GRPC_HEADER, `${whole}m`);
}
