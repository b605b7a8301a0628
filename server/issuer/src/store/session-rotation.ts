import { type Kysely, sql } from "kysely";
import { compileOnce, type ParameterOf } from "./compiled-statement.ts";
import { parseClaimsColumn } from "./custom-claims.ts";
import type { Store } from "./database.ts";
import type { Schema } from "./schema.ts";
import {
  type SessionRecord,
  type SessionUse,
  TOKEN_COLUMNS,
  type TokenSession,
  toTokenSession,
} from "./session-record.ts";
import type { AccountRights, Rights } from "./session-refresh.ts";
import { parseTextList } from "./text-list.ts";

/** A key that the sender of a refresh token has proven. */
export interface ProvenKey {
  readonly jwkThumbprint: string;
  /** The hash of the token that is replaced, if it is bound to the key. */
  readonly fromHash: string;
}

/** The replacement of a session's refresh token. */
export interface SessionRotation {
  readonly sessionId: string;
  /** The state that the replacement was worked out from: it is not made on any other. */
  readonly from: Pick<SessionRecord, "generation" | "refreshHash">;
  /** The key that its sender has proven, which the session is bound to from now on, if it is not yet. */
  readonly key: ProvenKey | undefined;
  readonly refreshHash: string;
  readonly refreshId: string;
  readonly successorSealed: string;
  /** When the session ends if it is not refreshed again. Its absolute end may come first. */
  readonly idleExpiresAtMs: number;
  readonly nowMs: number;
  /** Where the replacement is asked for from. What is not known stays as it was. */
  readonly use: SessionUse;
}

/** A session that has just been rotated, and what its account allows. */
export interface RotatedSession {
  readonly session: TokenSession;
  readonly account: Rights & Pick<AccountRights, "claims">;
}

/**
 * Replace a session's refresh token by one statement: compare, then set.
 *
 * @returns the session as it is now; undefined when it is no longer in the state that the replacement was worked out
 *   from
 */
export async function rotateSession(
  store: Store,
  rotation: SessionRotation,
): Promise<TokenSession | undefined> {
  const [row] = await store.write((db) => rotate(db, store.dialect, toValues(rotation)));
  return row === undefined ? undefined : toTokenSession(row);
}

/**
 * Replace the refresh token of a session of an account by the very statement that finds out whether that is in order:
 * one way to the database and back.
 *
 * @returns undefined when it is not in order, for whatever reason; nothing has changed then
 */
export async function rotateAccountSession(
  store: Store,
  clientId: string,
  rotation: SessionRotation,
): Promise<RotatedSession | undefined> {
  const values = { ...toValues(rotation), clientId };
  const [row] = await store.write((db) => rotateOfAccount(db, store.dialect, values));
  if (row === undefined) {
    return undefined;
  }
  const [scopes, roles] = [parseTextList(row.account_scopes), parseTextList(row.account_roles)];
  return {
    session: toTokenSession(row),
    account: { scopes, roles, claims: parseClaimsColumn(row.account_claims) },
  };
}

type RotationValues = ReturnType<typeof toValues>;

function toValues({ from, key, use, ...rotation }: SessionRotation) {
  return {
    ...rotation,
    generation: from.generation,
    nextGeneration: from.generation + 1,
    fromHash: from.refreshHash,
    fromBoundHash: key?.fromHash ?? null,
    jwkThumbprint: key?.jwkThumbprint ?? null,
    boundGeneration: key === undefined ? null : from.generation + 1,
    device: use.device ?? null,
    address: use.address ?? null,
  };
}

const rotate = compileOnce((db, parameter: ParameterOf<RotationValues>) =>
  update(db, parameter).returning(TOKEN_COLUMNS),
);

interface AccountRotationValues extends RotationValues {
  readonly clientId: string;
}

const rotateOfAccount = compileOnce((db, parameter: ParameterOf<AccountRotationValues>, dialect) => {
  const rotating = update(db, parameter)
    .where("client_id", "=", parameter("clientId"))
    .where("external_issuer", "is", null)
    // Whether the issuer still gives out tokens for them must be found out.
    .where("resources", "is", null)
    .where("idle_expires_at", ">", parameter("nowMs"))
    .where("absolute_expires_at", ">", parameter("nowMs"));
  return dialect === "postgres" ? withAccount(rotating) : withAccountOfSqlite(rotating);
});

type Rotating = ReturnType<typeof update>;

/** Rotate only if the account of the session is in good standing, and return its rights as well. */
function withAccount(rotating: Rotating) {
  return rotating
    .from("accounts")
    .whereRef("accounts.subject", "=", "sessions.subject")
    .where("accounts.disabled_at", "is", null)
    .returning(TOKEN_COLUMNS)
    .returning([
      "accounts.scopes as account_scopes",
      "accounts.roles as account_roles",
      "accounts.claims as account_claims",
    ]);
}

/** As {@link withAccount}. SQLite returns nothing of other tables, but what a subquery says. */
function withAccountOfSqlite(rotating: Rotating) {
  const account = sql`from accounts where accounts.subject = sessions.subject and accounts.disabled_at is null`;
  return rotating
    .where(sql<boolean>`exists (select 1 ${account})`)
    .returning(TOKEN_COLUMNS)
    .returning([
      sql<string>`(select scopes ${account})`.as("account_scopes"),
      sql<string>`(select roles ${account})`.as("account_roles"),
      sql<string | null>`(select claims ${account})`.as("account_claims"),
    ]);
}

function update(db: Kysely<Schema>, parameter: ParameterOf<RotationValues>) {
  const idleEnd = parameter("idleExpiresAtMs");
  return db
    .updateTable("sessions")
    .set({
      generation: parameter("nextGeneration"),
      refresh_hash: parameter("refreshHash"),
      refresh_id: parameter("refreshId"),
      successor_sealed: parameter("successorSealed"),
      superseded_at: parameter("nowMs"),
      refreshed_at: parameter("nowMs"),
      idle_expires_at: sql`case when absolute_expires_at < ${idleEnd} then absolute_expires_at else ${idleEnd} end`,
      // A session stays bound to the first key.
      jwk_thumbprint: sql`coalesce(jwk_thumbprint, ${parameter("jwkThumbprint")})`,
      bound_generation: sql`coalesce(bound_generation, ${parameter("boundGeneration")})`,
      // The name that the client gave at its sign-in stays.
      device: sql`coalesce(device, ${parameter("device")})`,
      address: sql`coalesce(${parameter("address")}, address)`,
    })
    .where("session_id", "=", parameter("sessionId"))
    .where("generation", "=", parameter("generation"))
    .where((is) =>
      is.or([
        is.and([is("jwk_thumbprint", "is", null), is("refresh_hash", "=", parameter("fromHash"))]),
        is.and([
          is("jwk_thumbprint", "=", parameter("jwkThumbprint")),
          is("refresh_hash", "=", parameter("fromBoundHash")),
        ]),
      ]),
    )
    .where("revoked_at", "is", null);
}
