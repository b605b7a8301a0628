import type { ConnectError } from "@connectrpc/connect";
import type { SignedOutReason } from "./store.ts";

/** What happens to a session. Delivered after the change is in force, never waited for. */
export type SessionEvent =
  | { readonly type: "signed_in" }
  | { readonly type: "refreshed"; readonly generation: number; readonly expiresAtMs: number }
  | { readonly type: "degraded"; readonly error: ConnectError }
  | { readonly type: "recovered" }
  | { readonly type: "signed_out"; readonly reason: SignedOutReason };

/** The listeners of one kind of news. */
export type Listeners<T> = Set<(value: T) => unknown>;

/** Add a listener. @returns a function that removes it */
export function listen<T>(listeners: Listeners<T>, listener: (value: T) => unknown): () => void {
  // A function of its own, so that the same listener may listen twice and stop once.
  const own = (value: T) => listener(value);
  listeners.add(own);
  return () => void listeners.delete(own);
}

/** Call every listener, in a microtask: none can disturb the change that it is called for. */
export function notify<T>(listeners: Listeners<T>, value: T): void {
  const call = async (listener: (value: T) => unknown): Promise<void> => {
    try {
      // An async function passes for a listener: its failure must not end a process either.
      if (listeners.has(listener)) {
        await listener(value);
      }
    } catch (error) {
      // Browsers show it as an uncaught error. Node has no such place that would not end the process, and a
      // listener's mistake must not sign the user out.
      globalThis.reportError?.(error);
    }
  };
  for (const listener of listeners) {
    queueMicrotask(() => void call(listener));
  }
}
