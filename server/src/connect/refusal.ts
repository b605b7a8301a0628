import type { AuthError } from "../errors/auth-error.ts";
import type { Ending } from "../streams/until-ended.ts";

/** The end of a call by one of its messages: it comes once, or never. */
export interface Refusal extends Ending {
  /** Aborts when the call is refused. */
  readonly signal: AbortSignal;
  /** Refuse the call. Later calls do nothing. */
  refuse(error: AuthError): void;
}

/** Create the refusal of a call that has not been refused. */
export function createRefusal(): Refusal {
  const controller = new AbortController();
  const listeners = new Set<(error: AuthError) => void>();
  let ended: AuthError | undefined;
  return {
    signal: controller.signal,
    get ended() {
      return ended;
    },
    onEnd(listener) {
      if (ended === undefined) {
        listeners.add(listener);
      } else {
        listener(ended);
      }
    },
    refuse(error) {
      if (ended === undefined) {
        ended = error;
        for (const listener of listeners) {
          listener(error);
        }
        controller.abort(error);
      }
    },
  };
}
