/** Says what processor time this process has taken, in microseconds. */
export function cpuMicroseconds(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

/** Says what memory this process has, after garbage collection where node is started with --expose-gc. */
export function residentBytes(): number {
  globalThis.gc?.();
  return process.memoryUsage.rss();
}
