import type { ConnectError } from "@connectrpc/connect";
import { pauseMs } from "./backoff.ts";
import { blockedMs, HEALTHY, withFailure } from "./budget.ts";
import { isSameSession } from "./entries.ts";
import { SessionError, unavailable } from "./errors.ts";
import { classifyFailure } from "./failure.ts";
import type { Held } from "./holder.ts";
import { refreshSession } from "./refresh.ts";
import type { SessionContext } from "./session-context.ts";
import { beginSession } from "./sign-in.ts";
import { expiredThresholdMs, msUntilStale, remainingMs } from "./token-state.ts";
import { waitFor, withTimeout } from "./waiting.ts";

/** Hands out the session's token, and replaces it when needed. */
export interface Access {
  /** The token, if a call can use it at once. A stale one is handed out while its successor is fetched. */
  readonly usable: () => Held | undefined;
  /**
   * The token, after a refresh if that is needed.
   *
   * @throws SessionError `SIGNED_OUT`, `REFRESH_UNAVAILABLE`, `ORIGIN_NOT_ALLOWED`, `DISPOSED`; the signal's reason
   */
  readonly obtain: (options?: ObtainOptions) => Promise<Held>;
  /**
   * A newer token than this one, such as one that a server refused; `undefined` when none can be had.
   *
   * @param mustSucceed whether to throw why none can be had
   */
  readonly replace: (refused: Held, signal?: AbortSignal, mustSucceed?: boolean) => Promise<Held | undefined>;
}

/** How to wait for a token. */
export interface ObtainOptions {
  readonly signal?: AbortSignal | undefined;
  /** How long the token must still last, in milliseconds; at most half of its life. Default 0. */
  readonly minTtlMs?: number | undefined;
}

/** Create the {@link Access} of a session: at most one refresh is under way at a time, and all share it. */
export function createAccess(context: SessionContext): Access {
  const { clock, holder, peers, change, ready } = context;
  const { held: current } = holder;
  const acquire = createAcquirer(context);
  let flight: Promise<ConnectError | undefined> | undefined;
  let lookAgainAtMs = 0;

  function refresh(held: Held | undefined, forced = false): Promise<ConnectError | undefined> {
    flight ??= fly(held, forced);
    return flight;
  }

  async function fly(held: Held | undefined, forced: boolean): Promise<ConnectError | undefined> {
    try {
      await ready();
      if (!held) {
        return await acquire();
      }
      holder.note({ refreshing: true });
      return await peers.exclusively(() => refreshSession(context, held, forced));
    } catch (error) {
      return unavailable(0, error);
    } finally {
      flight = undefined;
      holder.note({ refreshing: false });
    }
  }

  /** For how long no request may be made, as far as this tab knows. */
  function blocked({ health }: Held): number {
    const waitMs = flight ? 0 : blockedMs(health, clock.nowMs());
    if (waitMs > 0 && clock.monotonicMs() >= lookAgainAtMs) {
      // How often the store is looked at while no request may be made: another tab may have recovered.
      const lookAgainMs = 1_000;
      lookAgainAtMs = clock.monotonicMs() + lookAgainMs;
      void change();
    }
    return waitMs;
  }

  function usable(): Held | undefined {
    const held = current();
    if (!held || msUntilStale(held, clock) > 0) {
      return held;
    }
    // While refreshing fails, a token is used to its end.
    const endMs = held.health.failures > 0 ? 0 : expiredThresholdMs(held.lifetimeMs);
    if (remainingMs(held, clock) <= endMs) {
      return undefined;
    }
    if (!flight && blocked(held) === 0) {
      void refresh(held);
    }
    return held;
  }

  async function obtain({ signal, minTtlMs = 0 }: ObtainOptions = {}): Promise<Held> {
    let asked = current();
    // A refresh may end with a token that others fetched long ago; two rounds are the most that can happen.
    const maxRounds = 3;
    for (let round = 0; round <= maxRounds; round += 1) {
      await waitFor(ready(), signal, asked?.ended);
      const held = current();
      asked ??= held;
      // A caller that waits for one account's token must not go on with the next one's.
      if ((asked || round > 0) && !isSameSession(held, asked)) {
        throw new SessionError("SIGNED_OUT");
      }
      // More than half a life cannot be asked for: such a caller would refresh with every call.
      const neededMs = Math.min(minTtlMs, (held?.lifetimeMs ?? 0) / 2);
      if (held && usable() === held && remainingMs(held, clock) >= neededMs) {
        return held;
      }
      const waitMs = held ? blocked(held) : 0;
      const error = waitMs > 0 ? unavailable(waitMs) : await waitFor(refresh(held), signal, held?.ended);
      // A token that lasts a moment is better than none.
      if (error && held && remainingMs(held, clock) > 0) {
        return held;
      }
      if (error) {
        throw error;
      }
    }
    throw unavailable(0);
  }

  const replace: Access["replace"] = async (refused, signal, mustSucceed) => {
    const error = isNewer(current(), refused)
      ? undefined
      : await waitFor(refresh(refused, true), signal, refused.ended);
    await ready();
    const held = current();
    if (mustSucceed && !isNewer(held, refused)) {
      throw error ?? unavailable(0);
    }
    return isNewer(held, refused) ? held : undefined;
  };

  return { usable, obtain, replace };
}

/** Whether a token is a later one of the same session. */
function isNewer(held: Held | undefined, refused: Held): held is Held {
  return isSameSession(held, refused) && held.generation > refused.generation;
}

/**
 * Create what signs in without a user, and after a failure not again before 5 s, doubling to 60 s. It answers why
 * there is no session: `SIGNED_OUT` when the source needs a user, `REFRESH_UNAVAILABLE` when it has no tokens now,
 * and the source's own error when it refuses as it is set up.
 */
function createAcquirer(context: SessionContext): () => Promise<ConnectError | undefined> {
  const { clock, source, holder, change, binding } = context;
  let health = HEALTHY;
  return async () => {
    // Another tab may have signed in while its message did not arrive.
    await change();
    if (holder.held()) {
      return undefined;
    }
    const run = source.acquire?.bind(source);
    // Until the store answers, the session does not know whether it is signed out.
    if (!run) {
      return holder.snapshot().status === "loading"
        ? unavailable(pauseMs(1))
        : new SessionError("SIGNED_OUT");
    }
    const waitMs = blockedMs(health, clock.nowMs());
    if (waitMs > 0) {
      return unavailable(waitMs);
    }
    try {
      await beginSession(context, async () => {
        const prover = binding?.proverOf({});
        const grant = await withTimeout(clock, (signal) => run(signal, { prover }));
        return { proofKey: await prover?.key(), ...grant };
      });
      health = HEALTHY;
      return undefined;
    } catch (cause) {
      const failure = classifyFailure(cause);
      health = withFailure(health, clock.nowMs(), failure.retryAfterMs);
      return failure.kind === "transient"
        ? unavailable(blockedMs(health, clock.nowMs()), cause)
        : failure.error;
    }
  };
}
