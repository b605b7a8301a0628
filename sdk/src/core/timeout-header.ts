// Both are whole numbers of milliseconds: connect-es writes no other unit of the second.
const NAMES = ["connect-timeout-ms", "grpc-timeout"] as const;

/**
 * Take time that has passed off what a call may take. Transports write the header before interceptors run, so time that
 * was spent waiting for a token would count twice.
 *
 * @returns how much is left, in milliseconds; `Infinity` when the call has no deadline
 */
export function shortenTimeout(header: Headers, passedMs: number): number {
  let leftMs = Infinity;
  for (const name of NAMES) {
    const value = header.get(name);
    if (value) {
      leftMs = Number.parseFloat(value) - passedMs;
      header.set(name, value.replace(/\d+/, `${Math.max(0, Math.floor(leftMs))}`));
    }
  }
  return leftMs;
}
