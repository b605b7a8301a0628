import type { Cancel, Clock } from "@countersign/server";

/** Whether a hub has just joined the others, and may not know all of them yet. */
export interface Joining {
  /** Announce this hub, and give the others time to say that they are there. */
  begin(): void;
  hasBegun(): boolean;
  /**
   * Wait until they have had it. Where they could not be told of this hub, it is announced again.
   *
   * @returns undefined: they have. What is waited for is rejected where they cannot be told now, either
   */
  wait(): { readonly done: Promise<void>; readonly cancel: Cancel } | undefined;
}

/** How long the others have to say that they are there, in milliseconds: it takes them a few. */
const JOIN_MS = 250;

/** Create it. @param announce publishes that this hub is new */
export function createJoining(clock: Clock, announce: () => Promise<void>): Joining {
  let untilMs = 0;
  let announced: Promise<void> | undefined;
  let hasFailed = false;
  const begin = (): void => {
    untilMs = clock.monotonicMs() + JOIN_MS;
    hasFailed = false;
    const current = announce();
    announced = current;
    current.catch(() => {
      hasFailed ||= current === announced;
    });
  };
  return {
    begin,
    hasBegun: () => announced !== undefined,
    wait() {
      if (hasFailed) {
        begin();
      }
      const leftMs = untilMs - clock.monotonicMs();
      if (leftMs <= 0) {
        return undefined;
      }
      const { promise: done, resolve, reject } = Promise.withResolvers<void>();
      announced?.catch(reject);
      return { done, cancel: clock.schedule(resolve, leftMs) };
    },
  };
}
