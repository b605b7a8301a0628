import { ConnectError } from "@connectrpc/connect";
import { waitFor } from "./abortable.ts";
import { createAcquirer } from "./acquire.ts";
import { blockedMs } from "./budget.ts";
import { SessionError } from "./errors.ts";
import type { Held } from "./holder.ts";
import { refreshSession } from "./refresh.ts";
import type { RefreshContext, RefreshOutcome } from "./refresh-context.ts";
import { instantOf } from "./timeout.ts";
import { remainingMs, tokenState } from "./token-state.ts";

/** Hands out the session's token, and replaces it when needed. */
export interface Access {
  /** The token, if a call can use it at once. A stale one is handed out while its successor is fetched. */
  readonly usable: () => Held | undefined;
  /**
   * The token, after a refresh if that is needed.
   *
   * @throws SessionError `SIGNED_OUT`, `REFRESH_UNAVAILABLE`; the signal's reason
   */
  readonly obtain: (options?: ObtainOptions) => Promise<Held>;
  /** A newer token than this one, such as one that a server refused; `undefined` when none can be had. */
  readonly replace: (refused: Held, signal?: AbortSignal) => Promise<Held | undefined>;
}

/** How to wait for a token. */
export interface ObtainOptions {
  readonly signal?: AbortSignal | undefined;
  /** How long the token must still last, in milliseconds; at most half of its life. Default 0. */
  readonly minTtlMs?: number | undefined;
}

/** What {@link createAccess} needs. */
export interface AccessContext extends RefreshContext {
  /** Settled when the store has been read. */
  readonly ready: Promise<void>;
}

// How often the store is looked at while no request may be made: another tab may have recovered.
const LOOK_AGAIN_MS = 1_000;
// A refresh may end with a token that others fetched long ago; two rounds are the most that can happen.
const MAX_ROUNDS = 3;

/** Create the {@link Access} of a session: at most one refresh is under way at a time, and all share it. */
export function createAccess(context: AccessContext): Access {
  const { clock, holder, store, ready, peers } = context;
  const acquire = createAcquirer(context);
  let flight: Promise<RefreshOutcome> | undefined;
  let lookAgainAtMs = 0;

  function refresh(held: Held, forced = false): Promise<RefreshOutcome> {
    flight ??= fly(held, forced);
    return flight;
  }

  async function fly(held: Held, forced: boolean): Promise<RefreshOutcome> {
    holder.setRefreshing(true);
    try {
      return await peers.exclusively(() => refreshSession(context, { held, forced }));
    } catch (error) {
      return { kind: "unavailable", retryAfterMs: 0, error: ConnectError.from(error) };
    } finally {
      flight = undefined;
      holder.setRefreshing(false);
    }
  }

  /** For how long no request may be made, as far as this tab knows. */
  function blocked(held: Held): number {
    const waitMs = flight === undefined ? blockedMs(held.entry.health, clock.nowMs()) : 0;
    if (waitMs > 0 && clock.monotonicMs() >= lookAgainAtMs) {
      lookAgainAtMs = clock.monotonicMs() + LOOK_AGAIN_MS;
      void store.read().then(holder.adopt);
    }
    return waitMs;
  }

  function usable(): Held | undefined {
    const held = holder.held();
    if (held === undefined) return undefined;
    const now = instantOf(clock);
    const state = tokenState(held.timing, now);
    if (state === "fresh") return held;
    const limping = held.entry.health.failures > 0 && remainingMs(held.timing, now) > 0;
    if (state === "expired" && !limping) return undefined;
    if (flight === undefined && blocked(held) === 0) void refresh(held);
    return held;
  }

  async function obtain({ signal, minTtlMs = 0 }: ObtainOptions = {}): Promise<Held> {
    await waitFor(ready, signal);
    // Another tab may have signed in without being able to say so.
    if (holder.held() === undefined) holder.adopt(await waitFor(store.read(), signal));
    if (holder.held() === undefined) await waitFor(acquire(), signal);
    for (let round = 1; ; round += 1) {
      const held = holder.held();
      if (held === undefined) throw new SessionError("SIGNED_OUT");
      if (usable() === held && lasts(held, minTtlMs)) return held;
      if (round > MAX_ROUNDS) throw new SessionError("REFRESH_UNAVAILABLE", { retryAfterMs: 0 });
      const waitMs = blocked(held);
      const outcome: RefreshOutcome =
        waitMs > 0 ? { kind: "unavailable", retryAfterMs: waitMs } : await waitFor(refresh(held), signal);
      if (outcome.kind === "unavailable") return limp(outcome);
    }
  }

  /** Go on with what there is when no refresh can be had: a token that lasts a moment is better than none. */
  function limp({ retryAfterMs, error }: Extract<RefreshOutcome, { kind: "unavailable" }>): Held {
    const held = holder.held();
    if (held === undefined) throw new SessionError("SIGNED_OUT");
    if (remainingMs(held.timing, instantOf(clock)) > 0) return held;
    throw new SessionError("REFRESH_UNAVAILABLE", { retryAfterMs, cause: error });
  }

  function lasts({ timing }: Held, minTtlMs: number): boolean {
    // More than half a life cannot be asked for: such a caller would refresh with every call.
    return (
      minTtlMs === 0 || remainingMs(timing, instantOf(clock)) >= Math.min(minTtlMs, timing.lifetimeMs / 2)
    );
  }

  async function replace(refused: Held, signal?: AbortSignal): Promise<Held | undefined> {
    const newer = newerThan(refused);
    if (newer !== undefined || !isHeld(refused)) return newer;
    await waitFor(refresh(refused, true), signal);
    return newerThan(refused);
  }

  function isHeld(other: Held): boolean {
    return holder.held()?.entry.sessionId === other.entry.sessionId;
  }

  function newerThan(other: Held): Held | undefined {
    const held = holder.held();
    return isHeld(other) && held !== undefined && held.entry.generation > other.entry.generation
      ? held
      : undefined;
  }

  return { usable, obtain, replace };
}
