/**
 * Follow whether the page runs: in the back/forward cache and in a frozen tab it does not.
 *
 * `freeze` and `resume` are events of the document and do not bubble. Programs that render pages have no events.
 *
 * @param suspend is called when the page is suspended: the last moment to let go of what other pages may wait for
 * @param resume is called when the page goes on
 * @returns a function that stops it
 */
export function followPage(suspend: () => void, resume: (event: Event) => void): () => void {
  const stopping = new AbortController();
  const options = { capture: true, signal: stopping.signal };
  const listeners = { pagehide: suspend, freeze: suspend, pageshow: resume, resume };
  for (const [type, listener] of Object.entries(listeners)) {
    globalThis.addEventListener?.(type, listener, options);
  }
  return () => stopping.abort();
}
