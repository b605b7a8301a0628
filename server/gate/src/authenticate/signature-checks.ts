import { LRUCache } from "lru-cache";
import type { AuthError } from "../errors/auth-error.ts";
import { createRefusal } from "../errors/refusal.ts";
import type { Cancel, Clock } from "../kernel/clock.ts";
import { createFairPlaces } from "../kernel/fair-places.ts";
import { KEEPS_PROCESS_ALIVE } from "../kernel/timers.ts";

/** Who a token says it is from, before its signature has proven it. */
export interface Claimant {
  /** Where the token comes from. Those of whom that is not known share the empty one. */
  readonly peer: string;
  /** The session that it names, or else the subject, and its issuer. */
  readonly name: string;
  /** What its check takes, in checks of Ed25519: see `costOf`. */
  readonly cost: number;
}

/** What {@link createSignatureChecks} needs. */
export interface SignatureChecksOptions {
  readonly clock: Clock;
  /** How many checks may fail in a second before checks have to wait, in checks of Ed25519. */
  readonly failuresPerSecond: number;
  /** How many claimants are remembered of whom a token was good. */
  readonly knownClaimants: number;
}

/** Has signatures checked: at once, as long as few of them fail. */
export interface SignatureChecks {
  /**
   * Have a check made.
   *
   * @param check rejects when the token is not good
   * @throws AuthError `RATE_LIMITED` when it has to give way because too many wait
   */
  run<T>(claimant: Claimant, check: () => Promise<T>): Promise<T>;
}

/** About half a core, with the algorithms that issuers use most. */
export const DEFAULT_FAILED_CHECKS_PER_SECOND = 2_000;

const SECOND_MS = 1_000;

/** So many failures may come together as grow back in that time: what is forged comes in bursts, and so does what is good. */
const BURST_MS = 250;
/** So many checks may wait as fail in half a second, so that the last one waits no longer. */
const WAITING_SHARE = 500 / SECOND_MS;
/** So many may be under way as fail in 50 ms: the threads that make them serve others, too. */
const RUNNING_SHARE = 50 / SECOND_MS;

/** A longer name is not worth its memory. Its claimant stays a stranger. */
const MAX_KNOWN_CHARS = 256;

const RETRY_AFTER_MS = 1_000;

/** A check that waits. */
interface WaitingCheck {
  readonly begin: () => void;
  readonly refuse: (reason: AuthError) => void;
}

/**
 * Create what bounds the time that checks of signatures take.
 *
 * A good token costs nothing: only checks that fail count. While few do, each check begins at once. Beyond that, checks
 * wait a moment, and their turns are fair by peer and by claimant: see `createFairQueue`. Claimants of whom a token was
 * good before have places of their own, and every other turn. So forged tokens, from however many addresses, take a
 * bounded part of the machine, and delay the good tokens of others by a few checks.
 */
export function createSignatureChecks(options: SignatureChecksOptions): SignatureChecks {
  const { clock, failuresPerSecond } = options;
  const known = new LRUCache<string, true>({ max: options.knownClaimants });
  const waiting = createFairPlaces<WaitingCheck>(Math.ceil(failuresPerSecond * WAITING_SHARE));
  const maxRunning = Math.ceil(failuresPerSecond * RUNNING_SHARE);
  const stepMs = SECOND_MS / failuresPerSecond;
  let running = 0;
  /** When all failures will have grown back: the checks under way count as if they failed. */
  let fullAtMs = Number.NEGATIVE_INFINITY;
  let cancelTimer: Cancel | undefined;

  const hasRoom = (): boolean => running < maxRunning && fullAtMs < clock.monotonicMs() + BURST_MS;
  const begin = (cost: number): void => {
    running += cost;
    fullAtMs = Math.max(fullAtMs, clock.monotonicMs()) + cost * stepMs;
  };
  const beginWaiting = (): void => {
    cancelTimer?.();
    cancelTimer = undefined;
    while (waiting.size > 0 && hasRoom()) {
      waiting.next()?.begin();
    }
    if (waiting.size > 0 && running === 0) {
      // Nothing is under way whose end would make room: time does.
      const waitMs = Math.ceil(fullAtMs - BURST_MS - clock.monotonicMs()) + 1;
      cancelTimer = clock.schedule(beginWaiting, waitMs, KEEPS_PROCESS_ALIVE);
    }
  };
  const end = ({ name, cost }: Claimant, isGood: boolean): void => {
    running -= cost;
    if (isGood) {
      fullAtMs -= cost * stepMs;
      if (name.length <= MAX_KNOWN_CHARS) {
        known.set(name, true);
      }
    }
    beginWaiting();
  };
  const enter = async ({ peer, name, cost }: Claimant): Promise<void> => {
    if (waiting.size === 0 && hasRoom()) {
      begin(cost);
      return;
    }
    await new Promise<void>((resolve, refuse) => {
      const source = { address: peer, account: name, isKnown: known.has(name) };
      const place = { begin: () => resolve(begin(cost)), refuse };
      waiting.add(source, place)?.refuse(createGaveWayError(failuresPerSecond));
      beginWaiting();
    });
  };
  return {
    async run(claimant, check) {
      await enter(claimant);
      let isGood = false;
      try {
        const result = await check();
        isGood = true;
        return result;
      } finally {
        end(claimant, isGood);
      }
    },
  };
}

function createGaveWayError(failuresPerSecond: number): AuthError {
  return createRefusal("RATE_LIMITED", "too many tokens wait for a check of their signature", {
    retryAfterMs: RETRY_AFTER_MS,
    facts: {
      check: "rate",
      expected: `fewer than ${failuresPerSecond} checks in a second that fail`,
      got: "more",
    },
  });
}
