import type { Store } from "./database.ts";
import { deleteExpired, EXPIRIES } from "./expiry.ts";
import {
  announceRevocations,
  type NewRevocation,
  type RevocationRecord,
  writeRevocations,
} from "./revocations.ts";
import { insertSeen, type SeenAssertion } from "./seen-assertions.ts";
import { type EndedSession, endSessionsIn, type SessionRevocation } from "./session-revocations.ts";

/** What a message of another provider ends. */
export interface LogoutWrites {
  readonly revocations: readonly NewRevocation[];
  /** Which sessions end, and those that had begun by when, in milliseconds since 1970. */
  readonly endings: readonly Pick<SessionRevocation, "begunByMs" | "where">[];
  readonly reason: string;
  readonly nowMs: number;
}

/** What was written. */
export interface WrittenLogout {
  readonly revocations: readonly RevocationRecord[];
  readonly sessions: readonly EndedSession[];
}

/**
 * Write what a message of another provider ends, and that the message was taken: both, or neither.
 *
 * @returns undefined when the message was taken before, at this server or another: then nothing is written
 */
export async function writeLogout(
  store: Store,
  message: SeenAssertion,
  { revocations, endings, reason, nowMs }: LogoutWrites,
): Promise<WrittenLogout | undefined> {
  const written = await store.db.transaction().execute(async (trx) => {
    if (!(await insertSeen(trx, message))) {
      return undefined;
    }
    const sessions: EndedSession[] = [];
    const records: RevocationRecord[] = [];
    for (const ending of endings) {
      const ended = await endSessionsIn(trx, store.dialect, { ...ending, reason, nowMs });
      sessions.push(...ended.sessions);
      records.push(...ended.revocations);
    }
    records.push(...(await writeRevocations(trx, store.dialect, revocations)));
    return { revocations: records, sessions };
  });
  announceRevocations(store, written?.revocations);
  await deleteExpired(store, EXPIRIES.seenAssertions, nowMs);
  return written;
}
