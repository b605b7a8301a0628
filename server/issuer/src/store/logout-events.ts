import type { Store } from "./database.ts";
import { deleteExpired, EXPIRIES } from "./expiry.ts";
import {
  announceRevocations,
  type NewRevocation,
  type RevocationRecord,
  writeRevocations,
} from "./revocations.ts";
import { insertSeen, type SeenAssertion } from "./seen-assertions.ts";
import {
  type EndedSession,
  endSessionsIn,
  revokeSessions,
  type SessionRevocation,
  type SessionsEnded,
} from "./session-revocations.ts";

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

const NOTHING_ENDED: SessionsEnded = { sessions: [], revocations: [] };

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
  if (written === undefined) {
    return undefined;
  }
  announceRevocations(store, written.revocations);
  const late = await endLate(store, { endings, reason, nowMs });
  await deleteExpired(store, EXPIRIES.seenAssertions, nowMs);
  return {
    revocations: [...written.revocations, ...late.flatMap(({ revocations: ofLate }) => ofLate)],
    sessions: [...written.sessions, ...late.flatMap(({ sessions }) => sessions)],
  };
}

/** End what was stored while the logout was written. What is stored from here on finds the logout: see `createConfirmSession`. */
async function endLate(
  store: Store,
  { endings, reason, nowMs }: Omit<LogoutWrites, "revocations">,
): Promise<readonly SessionsEnded[]> {
  const late: SessionsEnded[] = [];
  for (const ending of endings) {
    // Where the store fails between the two, the logout is written all the same: its provider must get no failure.
    late.push(await revokeSessions(store, { ...ending, reason, nowMs }).catch(() => NOTHING_ENDED));
  }
  return late;
}
