// Both are whole numbers of milliseconds: connect-es writes no other unit of the second.
const UNITS = { "connect-timeout-ms": "", "grpc-timeout": "m" } as const;

/** Read how long a call may take, in milliseconds; `NaN` when it has no deadline. */
export function readTimeoutMs(header: Headers): number {
  return Number.parseFloat(header.get("connect-timeout-ms") ?? header.get("grpc-timeout") ?? "");
}

/**
 * Tell the server how much of the call's time is left. Transports write the header before interceptors run, so
 * time that was spent waiting for a token would count twice.
 */
export function writeTimeoutMs(header: Headers, timeoutMs: number): void {
  for (const [name, unit] of Object.entries(UNITS)) {
    if (header.has(name)) header.set(name, `${Math.max(1, Math.floor(timeoutMs))}${unit}`);
  }
}
