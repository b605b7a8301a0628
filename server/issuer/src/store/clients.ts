import type { Kysely, Selectable } from "kysely";
import {
  type ClientCertificateRule,
  parseCertificateColumn,
  toCertificateColumn,
} from "./client-certificate-rule.ts";
import { deleteClientSubjects, insertClientSubjects } from "./client-subjects.ts";
import { type ClientTrust, parseTrustColumn, toTrustColumn } from "./client-trust.ts";
import { type CustomClaims, parseClaimsColumn, toClaimsColumn } from "./custom-claims.ts";
import type { Store } from "./database.ts";
import type { ClientTable } from "./schema/clients.ts";
import type { Schema } from "./schema.ts";
import { parseTextList, toTextList } from "./text-list.ts";

/** A program that signs in as itself. Times are milliseconds since 1970. */
export interface ClientRecord {
  /** Chosen by the operator: it is claim `client_id`. */
  readonly clientId: string;
  /** The most that its tokens can be granted. */
  readonly scopes: readonly string[];
  readonly roles: readonly string[];
  /** The grant types that it may use, by the names of the command line. */
  readonly grants: readonly string[];
  /** Whether it may ask about tokens of others (RFC 7662). */
  readonly mayIntrospect: boolean;
  /** The hash of its secret; undefined when it proves itself otherwise. */
  readonly secretHash: string | undefined;
  /** The secret before this one. */
  readonly previousSecretHash: string | undefined;
  /** When that one is no longer good. */
  readonly previousSecretExpiresAtMs: number | undefined;
  /** Its public keys: a JWK Set, as JSON; undefined when it proves itself otherwise. */
  readonly jwks: string | undefined;
  /** The other issuer whose tokens prove who it is; undefined when it has a secret or keys. */
  readonly trust: ClientTrust | undefined;
  /** The certificate that proves who it is; undefined when it proves itself otherwise. */
  readonly certificate: ClientCertificateRule | undefined;
  /** What its own access tokens say beside what the issuer puts in. */
  readonly claims: CustomClaims;
  readonly disabledAtMs: number | undefined;
  readonly createdAtMs: number;
}

/**
 * Add a client.
 *
 * @returns false when there is one with its identifier
 * @throws SubjectTakenError when another client is one of the subjects
 */
export async function insertClient(store: Store, client: ClientRecord): Promise<boolean> {
  return store.db.transaction().execute(async (trx) => {
    const result = await trx
      .insertInto("clients")
      .values(toRow(client))
      .onConflict((conflict) => conflict.column("client_id").doNothing())
      .executeTakeFirst();
    const wasAdded = result.numInsertedOrUpdatedRows === 1n;
    if (wasAdded) {
      await insertClientSubjects(trx, client.clientId, client.trust);
    }
    return wasAdded;
  });
}

/** Find a client, disabled or not. */
export async function findClient(store: Store, clientId: string): Promise<ClientRecord | undefined> {
  const query = store.db.selectFrom("clients").selectAll().where("client_id", "=", clientId);
  const row = await query.executeTakeFirst();
  return row === undefined ? undefined : toRecord(row);
}

/** Read a client that is about to be changed, and keep others from changing it until the transaction is over. */
export async function lockClient(
  { db, dialect }: Pick<Store, "db" | "dialect">,
  clientId: string,
): Promise<ClientRecord | undefined> {
  const query = db.selectFrom("clients").selectAll().where("client_id", "=", clientId);
  const row = await (dialect === "postgres" ? query.forUpdate() : query).executeTakeFirst();
  return row === undefined ? undefined : toRecord(row);
}

/** List every client by its identifier. */
export async function listClients(store: Store): Promise<readonly ClientRecord[]> {
  return (await store.db.selectFrom("clients").selectAll().orderBy("client_id").execute()).map(toRecord);
}

/** What a client proves itself with from now on. */
export type ClientKeyChange =
  | { readonly jwks: string }
  | { readonly trust: ClientTrust }
  | { readonly certificate: ClientCertificateRule }
  | {
      readonly secretHash: string;
      /** How long the secret that it replaces stays good. */
      readonly previousExpiresAtMs: number;
    };

/**
 * Replace what a client proves itself with: a secret with an overlap, all else at once.
 *
 * @throws SubjectTakenError when another client is one of the subjects; nothing has changed then
 */
export async function replaceClientKey(
  store: Store,
  clientId: string,
  change: ClientKeyChange,
): Promise<void> {
  await store.db.transaction().execute(async (trx) => {
    await writeKey(trx, clientId, change);
    await deleteClientSubjects(trx, clientId);
    await insertClientSubjects(trx, clientId, "trust" in change ? change.trust : undefined);
  });
}

async function writeKey(db: Kysely<Schema>, clientId: string, change: ClientKeyChange): Promise<void> {
  const update = db.updateTable("clients").where("client_id", "=", clientId);
  if (!("secretHash" in change)) {
    const none = { secret_hash: null, previous_secret_hash: null, previous_secret_expires_at: null };
    const proof = {
      jwks: "jwks" in change ? change.jwks : null,
      trust: toTrustColumn("trust" in change ? change.trust : undefined),
      certificate: toCertificateColumn("certificate" in change ? change.certificate : undefined),
    };
    await update.set({ ...none, ...proof }).execute();
    return;
  }
  await update
    .set((column) => ({
      previous_secret_hash: column.ref("secret_hash"),
      previous_secret_expires_at: change.previousExpiresAtMs,
      secret_hash: change.secretHash,
      jwks: null,
      trust: null,
      certificate: null,
    }))
    .execute();
}

/** What may change about a client besides its proof. What is not named stays. */
export interface ClientChange {
  readonly scopes?: readonly string[] | undefined;
  readonly roles?: readonly string[] | undefined;
  readonly grants?: readonly string[] | undefined;
  readonly mayIntrospect?: boolean | undefined;
  readonly claims?: CustomClaims | undefined;
  /** When it was disabled; null to let it in again. */
  readonly disabledAtMs?: number | null | undefined;
}

/**
 * Change a client.
 *
 * @param change names one thing at the least
 * @returns the client as it is now; undefined when there is none
 */
export async function updateClient(
  { db }: Pick<Store, "db">,
  clientId: string,
  { scopes, roles, grants, mayIntrospect, claims, disabledAtMs }: ClientChange,
): Promise<ClientRecord | undefined> {
  const row = await db
    .updateTable("clients")
    // Kysely leaves out what is undefined.
    .set({
      scopes: scopes && toTextList(scopes),
      roles: roles && toTextList(roles),
      grants: grants && toTextList(grants),
      may_introspect: mayIntrospect === undefined ? undefined : Number(mayIntrospect),
      claims: claims && toClaimsColumn(claims),
      disabled_at: disabledAtMs,
    })
    .where("client_id", "=", clientId)
    .returningAll()
    .executeTakeFirst();
  return row === undefined ? undefined : toRecord(row);
}

function toRow(client: ClientRecord): Selectable<ClientTable> {
  return {
    client_id: client.clientId,
    scopes: toTextList(client.scopes),
    roles: toTextList(client.roles),
    grants: toTextList(client.grants),
    may_introspect: client.mayIntrospect ? 1 : 0,
    secret_hash: client.secretHash ?? null,
    previous_secret_hash: client.previousSecretHash ?? null,
    previous_secret_expires_at: client.previousSecretExpiresAtMs ?? null,
    jwks: client.jwks ?? null,
    trust: toTrustColumn(client.trust),
    certificate: toCertificateColumn(client.certificate),
    claims: toClaimsColumn(client.claims),
    disabled_at: client.disabledAtMs ?? null,
    created_at: client.createdAtMs,
  };
}

function toRecord(row: Selectable<ClientTable>): ClientRecord {
  return {
    clientId: row.client_id,
    scopes: parseTextList(row.scopes),
    roles: parseTextList(row.roles),
    grants: parseTextList(row.grants),
    mayIntrospect: row.may_introspect === 1,
    secretHash: row.secret_hash ?? undefined,
    previousSecretHash: row.previous_secret_hash ?? undefined,
    previousSecretExpiresAtMs: row.previous_secret_expires_at ?? undefined,
    jwks: row.jwks ?? undefined,
    trust: parseTrustColumn(row.trust),
    certificate: parseCertificateColumn(row.certificate),
    claims: parseClaimsColumn(row.claims),
    disabledAtMs: row.disabled_at ?? undefined,
    createdAtMs: row.created_at,
  };
}
