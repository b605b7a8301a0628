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
  // Keyed by a fresh object, so that the same function may listen twice and stop once.
  const listeners = new Map<object, (value: T) => void>();
  return {
    add(listener) {
      const key = {};
      listeners.set(key, listener);
      return () => void listeners.delete(key);
    },
    emit(value) {
      for (const [key, listener] of listeners) {
        queueMicrotask(() => {
          if (listeners.has(key)) callSafely(listener, value);
        });
      }
    },
    size: () => listeners.size,
    clear: () => listeners.clear(),
  };
}

function callSafely<T>(listener: (value: T) => unknown, value: T): void {
  try {
    const result = listener(value);
    // An async function passes for a listener: its failure must not end a process either.
    if (result instanceof Promise) result.catch(report);
  } catch (error) {
    report(error);
  }
}

function report(error: unknown): void {
  // Browsers show it as an uncaught error. Node has no such place that would not end the process, and a
  // listener's mistake must not sign anybody out.
  globalThis.reportError?.(error);
}
