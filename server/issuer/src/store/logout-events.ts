import type { Store } from "./database.ts";
import { deleteExpired, EXPIRIES } from "./expiry.ts";
import {
  announceRevocations,
  type NewRevocation,
  type RevocationRecord,
  writeRevocations,
} from "./revocations.ts";
import { insertSeen, type SeenAssertion } from "./seen-assertions.ts";

/**
 * Write what a message of another provider revokes, and that the message was taken: both, or neither.
 *
 * @returns undefined when the message was taken before, at this server or another: then nothing is written
 */
export async function writeLogout(
  store: Store,
  message: SeenAssertion,
  { revocations, nowMs }: { readonly revocations: readonly NewRevocation[]; readonly nowMs: number },
): Promise<readonly RevocationRecord[] | undefined> {
  const written = await store.db.transaction().execute(async (trx) => {
    const isNew = await insertSeen(trx, message);
    return isNew ? writeRevocations(trx, store.dialect, revocations) : undefined;
  });
  announceRevocations(store, written);
  await deleteExpired(store, EXPIRIES.seenAssertions, nowMs);
  return written;
}
