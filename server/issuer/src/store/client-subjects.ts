import { createHash } from "node:crypto";
import type { Kysely } from "kysely";
import type { ClientTrust } from "./client-trust.ts";
import type { Store } from "./database.ts";
import type { Schema } from "./schema.ts";

/** A subject of another issuer is a client already. */
class SubjectTakenError extends Error {
  override readonly name = "SubjectTakenError";
}

/** Who a token of another issuer is about. */
export interface TrustedSubject {
  readonly issuer: string;
  readonly subject: string;
}

/** Find the client that a subject of another issuer is. @returns its identifier; undefined when it is none */
export async function findClientIdBySubject(
  store: Store,
  subject: TrustedSubject,
): Promise<string | undefined> {
  const query = store.db.selectFrom("client_subjects").select("client_id");
  return (await query.where("subject_key", "=", keyOf(subject)).executeTakeFirst())?.client_id;
}

/**
 * Write down which subjects a client is.
 *
 * @param trust undefined: it is none
 * @throws SubjectTakenError when another client is one of them
 */
export async function insertClientSubjects(
  db: Kysely<Schema>,
  clientId: string,
  trust: ClientTrust | undefined,
): Promise<void> {
  if (trust === undefined) {
    return;
  }
  const { issuer, subjects } = trust;
  const rows = subjects.map((subject) => ({ subject_key: keyOf({ issuer, subject }), client_id: clientId }));
  const result = await db
    .insertInto("client_subjects")
    .values(rows)
    .onConflict((conflict) => conflict.column("subject_key").doNothing())
    .executeTakeFirst();
  if (result.numInsertedOrUpdatedRows !== BigInt(rows.length)) {
    throw new SubjectTakenError("another client is one of these subjects of the issuer");
  }
}

/** Forget which subjects a client is. */
export async function deleteClientSubjects(db: Kysely<Schema>, clientId: string): Promise<void> {
  await db.deleteFrom("client_subjects").where("client_id", "=", clientId).execute();
}

/** Hash issuer and subject together: of any length, and no two pairs the same. */
function keyOf({ issuer, subject }: TrustedSubject): string {
  return createHash("sha256")
    .update(JSON.stringify([issuer, subject]))
    .digest("base64url");
}
