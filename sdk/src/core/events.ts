import type { ConnectError } from "@connectrpc/connect";
import type { SignedOutReason } from "./store.ts";

/** What happens to a session. Delivered after the change is in force, never waited for. */
export type SessionEvent =
  | { readonly type: "signed_in" }
  | { readonly type: "refreshed"; readonly generation: number; readonly expiresAtMs: number }
  | { readonly type: "degraded"; readonly error: ConnectError }
  | { readonly type: "recovered" }
  | { readonly type: "signed_out"; readonly reason: SignedOutReason };

/** Remembers who listens, and tells them. */
export interface Emitter<T> {
  /** Listen. @returns a function that stops it */
  readonly add: (listener: (value: T) => void) => () => void;
  /** Tell every listener, in a microtask: none can disturb the change that it hears of. */
  readonly emit: (value: T) => void;
  /** How many listen. */
  readonly size: () => number;
  /** Forget all listeners. */
  readonly clear: () => void;
}

/** Create an {@link Emitter}. */
export function createEmitter<T>(): Emitter<T> {
  const listeners = new Set<(value: T) => Promise<void>>();
  return {
    add(listener) {
      // A function of its own, so that the same listener may listen twice and stop once.
      const tell = async (value: T): Promise<void> => {
        if (!listeners.has(tell)) return;
        try {
          // An async function passes for a listener: its failure must not end a process either.
          await (listener as (value: T) => unknown)(value);
        } catch (error) {
          // Browsers show it as an uncaught error. Node has no such place that would not end the process, and a
          // listener's mistake must not sign anybody out.
          globalThis.reportError?.(error);
        }
      };
      listeners.add(tell);
      return () => void listeners.delete(tell);
    },
    emit(value) {
      for (const tell of listeners) queueMicrotask(() => void tell(value));
    },
    size: () => listeners.size,
    clear: () => listeners.clear(),
  };
}
