import type { Cancel, Clock } from "@countersign/server";
import { AuthError } from "@countersign/server";
import { repeat } from "@countersign/server/internal";
import type { Store } from "../store/database.ts";
import { type NewRevocation, OWN_ISSUER } from "../store/revocations.ts";
import { type UnwrittenRevocation, writeUnwritten } from "../store/unwritten-revocations.ts";
import { oneAtATime } from "./one-at-a-time.ts";

/** What {@link createUnwrittenRevocations} needs. */
export interface UnwrittenOptions {
  readonly clock: Clock;
  /** The store; undefined while it is not open. */
  readonly store: () => Store | undefined;
  /** Publishes to other servers what this one was ordered to revoke. */
  readonly publish: (revocations: readonly UnwrittenRevocation[]) => void;
  /** Receives those that are lost when this ends. */
  readonly onError: (error: unknown) => void;
  /** How often to try to write them, in milliseconds. Default 1 s. */
  readonly everyMs?: number;
}

/** Revocations that could not be written: kept, and written as soon as that is possible. */
export interface UnwrittenRevocations {
  /**
   * Keep some.
   *
   * @param origin where they were ordered: those of another server are written here only if it does not
   * @returns those that were not kept before; undefined when there are too many, and none of these is kept
   */
  hold(
    revocations: readonly UnwrittenRevocation[],
    origin: "here" | "elsewhere",
  ): readonly UnwrittenRevocation[] | undefined;
  /** Wait no longer for what another server has written. */
  letGo(written: readonly NewRevocation[]): void;
  /** Find why a session has ended, if that waits to be written. */
  endReasonOf(sessionId: string): string | undefined;
  /** List those that wait. */
  list(): readonly UnwrittenRevocation[];
  /** How many wait. */
  readonly size: number;
  /** Try once more, and stop. */
  close(): Promise<void>;
}

/** More than operators and users revoke while a disk is full, and a few megabytes. */
const MAX_HELD = 10_000;
const WRITE_ROWS = 200;
const EVERY_MS = 1_000;

/** How often revocations are published again, in milliseconds: a server may have started since. */
const PUBLISH_EVERY_MS = 5_000;

/** How long the server where a revocation was ordered has for writing it, in milliseconds. */
const LEFT_TO_ORIGIN_MS = 30_000;

/** Longer than any session of the store or token of an issuer: what is left then has run out. */
const KEEP_MS = 30 * 24 * 60 * 60 * 1_000;

interface Held {
  readonly revocation: UnwrittenRevocation;
  readonly isOwn: boolean;
  readonly writeFromMs: number;
}

/** Create the keeper of revocations that could not be written. It does nothing while there are none. */
export function createUnwrittenRevocations(options: UnwrittenOptions): UnwrittenRevocations {
  const { clock, publish, onError, everyMs = EVERY_MS } = options;
  const held = new Map<string, Held>();
  let stopAttempts: Cancel | undefined;
  let publishedAtMs = 0;

  const drop = (revocation: NewRevocation): void => {
    held.delete(keyOf(revocation));
  };
  const write = async (): Promise<void> => {
    const nowMs = clock.nowMs();
    const due = [...held.values()].filter(({ writeFromMs }) => writeFromMs <= nowMs);
    const store = options.store();
    for (let at = 0; at < due.length && store !== undefined; at += WRITE_ROWS) {
      await writeBatch(
        store,
        due.slice(at, at + WRITE_ROWS).map(({ revocation }) => revocation),
        drop,
      );
    }
  };
  const attempt = async (): Promise<void> => {
    const nowMs = clock.nowMs();
    for (const { revocation } of held.values()) {
      if (revocation.revokedAtMs + KEEP_MS < nowMs) {
        drop(revocation);
      }
    }
    try {
      await write();
    } catch {
      // The store reports its own outages; the next attempt is a moment away.
      if (Math.abs(nowMs - publishedAtMs) >= PUBLISH_EVERY_MS) {
        publishedAtMs = nowMs;
        publish(ownOf(held));
      }
    }
    if (held.size === 0) {
      stopAttempts?.();
      stopAttempts = undefined;
    }
  };
  // A store that does not answer holds an attempt for longer than the interval: attempts must not queue up behind it.
  const attempts = oneAtATime(attempt);
  return {
    hold(revocations, origin) {
      const news = revocations.filter((revocation) => {
        const known = held.get(keyOf(revocation))?.revocation;
        return known === undefined || (revocation.endsSession && !known.endsSession);
      });
      if (held.size + news.length > MAX_HELD) {
        return undefined;
      }
      const nowMs = clock.nowMs();
      const isOrderedHere = origin === "here";
      for (const revocation of news) {
        const key = keyOf(revocation);
        // What was ordered here before stays for this server to write, whichever server ends the session.
        const isOwn = isOrderedHere || held.get(key)?.isOwn === true;
        held.set(key, { revocation, isOwn, writeFromMs: isOwn ? nowMs : nowMs + LEFT_TO_ORIGIN_MS });
      }
      if (isOrderedHere && news.length > 0) {
        publish(news);
      }
      stopAttempts ??= repeat(clock, () => attempts.ask(), everyMs);
      return news;
    },
    letGo(written) {
      for (const revocation of held.size === 0 ? [] : written) {
        const key = keyOf(revocation);
        const known = held.get(key);
        if (known?.revocation.endsSession === true) {
          // The tokens of a session can be revoked without ending it: the next attempt finds out, and ends it.
          held.set(key, { ...known, writeFromMs: -Infinity });
        } else if (known !== undefined) {
          drop(revocation);
        }
      }
    },
    endReasonOf(sessionId) {
      // Every refresh asks, and there is hardly ever one that waits.
      const known = held.size === 0 ? undefined : held.get(sessionKeyOf(sessionId))?.revocation;
      return known?.endsSession === true ? known.reason : undefined;
    },
    list: () => [...held.values()].map(({ revocation }) => revocation),
    get size() {
      return held.size;
    },
    async close() {
      stopAttempts?.();
      await attempts.idle();
      await write().catch(() => undefined);
      if (held.size > 0) {
        onError(new Error(`${held.size} revocations could not be written, and are forgotten by this server`));
      }
    },
  };
}

/** Write some, or if one of them can never be written, the others. @throws AuthError `AUTH_UNAVAILABLE` */
async function writeBatch(
  store: Store,
  batch: readonly UnwrittenRevocation[],
  onWritten: (revocation: UnwrittenRevocation) => void,
): Promise<void> {
  try {
    await writeUnwritten(store, batch);
    batch.forEach(onWritten);
  } catch (error) {
    if (error instanceof AuthError) {
      throw error;
    }
    for (const one of batch.length > 1 ? batch : []) {
      await writeBatch(store, [one], onWritten);
    }
  }
}

function ownOf(held: ReadonlyMap<string, Held>): readonly UnwrittenRevocation[] {
  return [...held.values()].filter(({ isOwn }) => isOwn).map(({ revocation }) => revocation);
}

function sessionKeyOf(sessionId: string): string {
  return keyOf({ issuer: OWN_ISSUER, dimension: "sid", value: sessionId, beforeMs: undefined });
}

function keyOf({
  issuer,
  dimension,
  value,
  beforeMs,
  changedClaims,
}: Omit<NewRevocation, "reason" | "revokedAtMs">): string {
  return JSON.stringify([issuer ?? null, dimension, value, beforeMs ?? null, changedClaims ?? null]);
}
