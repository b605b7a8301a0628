import type { Selectable } from "kysely";
import type { SessionTable } from "./schema.ts";
import { parseTextList, toTextList } from "./text-list.ts";

/** A session, as it is stored. Times are milliseconds since 1970. */
export interface SessionRecord {
  readonly sessionId: string;
  readonly subject: string;
  readonly clientId: string;
  readonly scopes: readonly string[];
  readonly authTimeMs: number;
  /** The hash of the newest refresh token. */
  readonly refreshHash: string;
  /** The generation of the newest refresh token. */
  readonly generation: number;
  /** The attempt that made the newest refresh token. */
  readonly refreshId: string;
  /** The newest refresh token, sealed under a key that only its predecessor gives. */
  readonly successorSealed: string | undefined;
  /** When the predecessor was replaced. */
  readonly supersededAtMs: number | undefined;
  readonly createdAtMs: number;
  readonly refreshedAtMs: number;
  readonly idleExpiresAtMs: number;
  readonly absoluteExpiresAtMs: number;
  readonly revokedAtMs: number | undefined;
  readonly revokeReason: string | undefined;
}

/** Write a session as a row. */
export function toSessionRow(session: SessionRecord): Selectable<SessionTable> {
  return {
    session_id: session.sessionId,
    subject: session.subject,
    client_id: session.clientId,
    scopes: toTextList(session.scopes),
    auth_time: session.authTimeMs,
    refresh_hash: session.refreshHash,
    generation: session.generation,
    refresh_id: session.refreshId,
    successor_sealed: session.successorSealed ?? null,
    superseded_at: session.supersededAtMs ?? null,
    created_at: session.createdAtMs,
    refreshed_at: session.refreshedAtMs,
    idle_expires_at: session.idleExpiresAtMs,
    absolute_expires_at: session.absoluteExpiresAtMs,
    revoked_at: session.revokedAtMs ?? null,
    revoke_reason: session.revokeReason ?? null,
  };
}

/** Read a session out of a row. */
export function toSessionRecord(row: Selectable<SessionTable>): SessionRecord {
  return {
    sessionId: row.session_id,
    subject: row.subject,
    clientId: row.client_id,
    scopes: parseTextList(row.scopes),
    authTimeMs: row.auth_time,
    refreshHash: row.refresh_hash,
    generation: row.generation,
    refreshId: row.refresh_id,
    successorSealed: row.successor_sealed ?? undefined,
    supersededAtMs: row.superseded_at ?? undefined,
    createdAtMs: row.created_at,
    refreshedAtMs: row.refreshed_at,
    idleExpiresAtMs: row.idle_expires_at,
    absoluteExpiresAtMs: row.absolute_expires_at,
    revokedAtMs: row.revoked_at ?? undefined,
    revokeReason: row.revoke_reason ?? undefined,
  };
}
