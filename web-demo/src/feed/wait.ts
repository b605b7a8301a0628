/** Wait that long. Resolves early, and never rejects, when the signal is aborted. */
export function wait(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", done);
  });
}

/** Wait that long, or until the browser says that it is back online. */
export async function waitOrOnline(ms: number, signal: AbortSignal): Promise<void> {
  const online = new AbortController();
  const wake = (): void => online.abort();
  window.addEventListener("online", wake);
  await wait(ms, AbortSignal.any([signal, online.signal]));
  window.removeEventListener("online", wake);
}
