/**
 * Run something behind the next time that sockets are read. A timer that is due behind a long turn of the event loop fires
 * before the bytes are read that came meanwhile: who is late is judged when they are.
 */
export function afterReading(run: () => void): void {
  setImmediate(run);
}
