import { onAbort } from "./waiting.ts";

/**
 * Make a signal that aborts with the first of others, also where the host has no `AbortSignal.any`. There, listeners stay
 * at the others until one of them aborts: one must be the caller's own, and abort when its work is done.
 */
export function anySignal(signals: readonly AbortSignal[]): AbortSignal {
  // A host may lack it, whatever its types say: hence the cast.
  const { any } = AbortSignal as Partial<typeof AbortSignal>;
  if (any !== undefined) {
    return AbortSignal.any([...signals]);
  }
  const controller = new AbortController();
  const stops: (() => void)[] = [];
  const abort = (reason: unknown): void => {
    controller.abort(reason);
    for (const stop of stops) {
      stop();
    }
  };
  for (const signal of signals) {
    stops.push(onAbort(signal, abort));
  }
  if (controller.signal.aborted) {
    abort(undefined); // one was aborted before: the listeners at the others came after that
  }
  return controller.signal;
}
