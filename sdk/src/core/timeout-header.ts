// Both are whole numbers of milliseconds: connect-es writes no other unit of the second.
const NAMES = ["connect-timeout-ms", "grpc-timeout"] as const;

/** Read how long a call may take, in milliseconds; `NaN` when it has no deadline. */
export function readTimeoutMs(header: Headers): number {
  return Number.parseFloat(NAMES.map((name) => header.get(name) ?? "").join(""));
}

/**
 * Write how much of the call's time is left, for the server. Transports write the header before interceptors run, so
 * time that was spent waiting for a token would count twice.
 */
export function writeTimeoutMs(header: Headers, timeoutMs: number): void {
  for (const name of NAMES) {
    const value = header.get(name);
    if (value !== null) {
      header.set(name, value.replace(/\d+/, `${Math.floor(timeoutMs)}`));
    }
  }
}
