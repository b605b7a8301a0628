/** Say how much memory what is alive takes, in bytes, after collecting the rest. Needs `node --expose-gc`. */
export function usedBytes(): number {
  if (globalThis.gc === undefined) {
    throw new Error("needs node --expose-gc");
  }
  for (let round = 0; round < 3; round += 1) {
    globalThis.gc();
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
