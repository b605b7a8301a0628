import type { Cancel, Clock } from "./clock.ts";
import type { Deadline } from "./deadline-heap.ts";
import { createDeadlines, type Deadlines, LOOK_MS, toTime } from "./deadlines.ts";
import { KEEPS_PROCESS_ALIVE } from "./timers.ts";

/**
 * Create deadlines as the host needs them: with a timer each where a timer ends with the request that has set it, else with
 * one for all.
 */
export function createHostDeadlines(clock: Clock): Deadlines {
  return isWorkerd() ? createOwnDeadlines(clock) : createDeadlines(clock);
}

/**
 * Create deadlines with a timer each. workerd drops the timers of a request with it, and ends a request that waits for
 * nothing of its own: an idle stream waits for the timer of its deadline.
 */
export function createOwnDeadlines(clock: Clock): Deadlines {
  const timers = new WeakMap<Deadline, Cancel>();

  function remove(deadline: Deadline): void {
    deadline.place = -1;
    timers.get(deadline)?.();
  }

  function look(deadline: Deadline): void {
    const leftMs = deadline.atMs - clock.nowMs();
    if (leftMs > 0) {
      const waitMs = Math.min(leftMs, LOOK_MS);
      timers.set(
        deadline,
        clock.schedule(() => look(deadline), waitMs, KEEPS_PROCESS_ALIVE),
      );
      return;
    }
    remove(deadline);
    deadline.run();
  }

  return {
    add(atMs, run) {
      const deadline = { atMs: toTime(atMs), place: 0, run };
      const cancel = clock.schedule(() => look(deadline), 0, KEEPS_PROCESS_ALIVE);
      timers.set(deadline, cancel);
      return deadline;
    },
    // The timer stays: it was set by the request that the deadline is of, and another one moves it.
    move(deadline, atMs) {
      deadline.atMs = toTime(atMs);
    },
    hurry(deadline) {
      if (deadline.place >= 0) {
        remove(deadline);
        deadline.run();
      }
    },
    cancel: remove,
  };
}

/** Check whether this is workerd, the runtime of Cloudflare Workers, which says so in the name of its user agent. */
function isWorkerd(): boolean {
  const host = globalThis as { readonly navigator?: { readonly userAgent?: unknown } };
  return host.navigator?.userAgent === "Cloudflare-Workers";
}
