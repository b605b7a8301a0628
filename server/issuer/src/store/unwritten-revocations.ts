import { AuthError } from "@countersign/server";
import type { Store } from "./database.ts";
import {
  announceRevocations,
  type NewRevocation,
  type RevocationRecord,
  writeRevocations,
} from "./revocations.ts";
import { toEnded } from "./session-revocations.ts";

/** A revocation that acts already, and could not be written yet. */
export interface UnwrittenRevocation extends NewRevocation {
  /** Whether it is one of a session of the store that has to be ended, too. */
  readonly endsSession: boolean;
}

/**
 * Write revocations that could not be written when they were ordered, and end the sessions that are meant. A session
 * that has ended meanwhile has its revocation.
 */
export async function writeUnwritten(
  store: Store,
  unwritten: readonly UnwrittenRevocation[],
): Promise<readonly RevocationRecord[]> {
  const written = await store.db.transaction().execute(async (trx) => {
    const toWrite: NewRevocation[] = [];
    for (const revocation of unwritten) {
      const { endsSession, value, revokedAtMs, reason } = revocation;
      const ended = trx
        .updateTable("sessions")
        .set(toEnded(revokedAtMs, reason))
        .where("session_id", "=", value)
        .where("revoked_at", "is", null);
      if (!endsSession || (await ended.executeTakeFirst()).numUpdatedRows === 1n) {
        toWrite.push(revocation);
      }
    }
    return writeRevocations(trx, store.dialect, toWrite);
  });
  announceRevocations(store, written);
  return written;
}

/** How long a caller should wait before it asks again whether something is written, in milliseconds. */
const RETRY_AFTER_MS = 5_000;

/** Create the error for a revocation that could not be written: it acts, and may yet be lost. */
export function createUnwrittenError(cause: unknown): AuthError {
  return new AuthError(
    "AUTH_UNAVAILABLE",
    "what was revoked is refused from now on, but could not be written down yet: it is lost if the servers end before it can",
    { cause, retryAfterMs: RETRY_AFTER_MS },
  );
}
