/** Says what processor time this process has taken, in microseconds. */
export function cpuMicroseconds(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

/**
 * Says what memory this process has, after garbage collection where node is started with --expose-gc. The last resort: another
 * collection leaves the young generation as large as the last rush of requests has made it, up to 48 MB.
 */
export function residentBytes(): number {
  globalThis.gc?.({ type: "major", execution: "sync", flavor: "last-resort" });
  return process.memoryUsage.rss();
}
