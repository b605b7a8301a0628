import type { Session } from "@countersign/sdk/browser";
import { isSessionError } from "@countersign/sdk/browser";

/** What {@link applyTokenLife} needs. */
export interface ApplyPorts {
  readonly session: Pick<Session, "refresh" | "getSnapshot">;
  /** Wait that long; resolves early, and never rejects, when the signal is aborted. */
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** A refresh on demand is granted once in ten seconds; after a few more the next one comes by itself or not at all. */
const MAX_TRIES = 14;
const TRY_EVERY_MS = 1_000;

/**
 * Replace a token that lasts longer than is wanted now, instead of waiting for its end. Never rejects.
 *
 * @returns whether the token in use lasts no longer than that
 */
export async function applyTokenLife(
  { session, wait }: ApplyPorts,
  lifeMs: number,
  signal: AbortSignal,
): Promise<boolean> {
  const isApplied = (): boolean => {
    const { issuedAtMs = 0, expiresAtMs = 0 } = session.getSnapshot();
    return expiresAtMs - issuedAtMs <= lifeMs;
  };
  for (let tries = 0; tries < MAX_TRIES && !signal.aborted && !isApplied(); tries += 1) {
    if (tries > 0) {
      await wait(TRY_EVERY_MS, signal);
    }
    try {
      if (!signal.aborted) {
        await session.refresh();
      }
    } catch (err) {
      if (!isSessionError(err, "REFRESH_UNAVAILABLE")) {
        return false;
      }
    }
  }
  return isApplied();
}
