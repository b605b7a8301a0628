const WINDOW_EVENTS = ["pageshow", "focus", "online"] as const;

/**
 * Call back whenever a tab may have missed something: it becomes visible, comes out of the back-forward cache,
 * gets the focus or the network again.
 *
 * @returns a function that stops it
 */
export function listenForWakeUps(wake: () => void): () => void {
  if (typeof window === "undefined") return () => undefined;
  const onVisible = () => {
    if (document.visibilityState === "visible") wake();
  };
  document.addEventListener("visibilitychange", onVisible);
  for (const name of WINDOW_EVENTS) window.addEventListener(name, wake);
  return () => {
    document.removeEventListener("visibilitychange", onVisible);
    for (const name of WINDOW_EVENTS) window.removeEventListener(name, wake);
  };
}
