import type { Selectable } from "kysely";
import type { SessionTable } from "./schema/sessions.ts";
import { parseTextList, toTextList } from "./text-list.ts";

/**
 * How a subject proved who it is. It stays as it is over all refreshes (RFC 9068 §2.2.1), until the subject proves it
 * anew (RFC 9470).
 */
export interface Authentication {
  /** When, in milliseconds since 1970; undefined when no person did, or it is not known. */
  readonly authTimeMs?: number | undefined;
  /** How well: claim `acr`. */
  readonly acr?: string | undefined;
  /** With what: claim `amr` ([RFC 8176](https://www.rfc-editor.org/rfc/rfc8176)). */
  readonly amr?: readonly string[] | undefined;
}

/** Who a subject is to another issuer. */
export interface ExternalSubject {
  readonly issuer: string;
  readonly subject: string;
  /** Its session there: claim `sid` of the token. Undefined: the token named none. */
  readonly session?: string | undefined;
}

/**
 * The party that acts for the subject: claim `act` ([RFC 8693
 * §4.1](https://www.rfc-editor.org/rfc/rfc8693#section-4.1)).
 */
export interface Actor {
  readonly sub: string;
  /** The client that the actor is, if it is one. */
  readonly client_id?: string;
  /** Whom this actor took over from: history, which no decision is based on. */
  readonly act?: Actor;
}

/** Where a session is used from. Both are texts to show, not proofs: what is not known is undefined. */
export interface SessionUse {
  /** What the client said of its device when it signed in: a name, or its header `user-agent`. */
  readonly device?: string | undefined;
  /** The address or network that it last signed in or refreshed from, in the form that limits count by. */
  readonly address?: string | undefined;
}

/** The key that the refresh tokens of a session are bound to ([RFC 9449 §5](https://www.rfc-editor.org/rfc/rfc9449#section-5)). */
export interface SessionKey {
  /** Its thumbprint (RFC 7638), in base64url. */
  readonly jwkThumbprint: string;
  /** The first generation of the refresh token that is bound to it. */
  readonly sinceGeneration: number;
}

/** A session, as it is stored. Times are milliseconds since 1970. */
export interface SessionRecord extends Authentication, SessionUse {
  readonly sessionId: string;
  readonly subject: string;
  readonly clientId: string;
  readonly scopes: readonly string[];
  /** The roles that were granted; undefined when an account says what they are now. */
  readonly roles?: readonly string[] | undefined;
  /** Whom its tokens are for; undefined: the audience of the issuer. */
  readonly resources?: readonly string[] | undefined;
  /** Whom another issuer vouched for; undefined for subjects of our own. */
  readonly external?: ExternalSubject | undefined;
  /** Who acts for the subject; undefined: the subject itself. */
  readonly actor?: Actor | undefined;
  /** The key that its refresh tokens are bound to, for good; undefined: to none. */
  readonly key?: SessionKey | undefined;
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

/** What the tokens of a session are made from. */
export type TokenSession = Authentication &
  Pick<
    SessionRecord,
    "sessionId" | "subject" | "clientId" | "scopes" | "actor" | "idleExpiresAtMs" | "absoluteExpiresAtMs"
  >;

/** The columns of a {@link TokenSession}. */
export const TOKEN_COLUMNS = [
  "sessions.session_id",
  "sessions.subject",
  "sessions.client_id",
  "sessions.scopes",
  "sessions.idle_expires_at",
  "sessions.absolute_expires_at",
  "sessions.auth_time",
  "sessions.acr",
  "sessions.amr",
  "sessions.actor",
] as const;

type SessionRow = Selectable<SessionTable>;

/** How long sessions are kept that can no longer be refreshed, in milliseconds: a client that asks why still finds them. */
export const SESSION_GRACE_MS = 24 * 60 * 60 * 1_000;

/** Stands for an unknown time in a column that cannot be null. */
const UNKNOWN_TIME = 0;

/** Write a session as a row. */
export function toSessionRow(session: SessionRecord): SessionRow {
  return {
    session_id: session.sessionId,
    subject: session.subject,
    client_id: session.clientId,
    scopes: toTextList(session.scopes),
    refresh_hash: session.refreshHash,
    generation: session.generation,
    refresh_id: session.refreshId,
    successor_sealed: session.successorSealed ?? null,
    superseded_at: session.supersededAtMs ?? null,
    created_at: session.createdAtMs,
    refreshed_at: session.refreshedAtMs,
    idle_expires_at: session.idleExpiresAtMs,
    absolute_expires_at: session.absoluteExpiresAtMs,
    prune_at: session.idleExpiresAtMs + SESSION_GRACE_MS,
    revoked_at: session.revokedAtMs ?? null,
    revoke_reason: session.revokeReason ?? null,
    ...toOriginColumns(session),
  };
}

function toOriginColumns(session: SessionRecord) {
  const { authTimeMs, acr, amr, roles, resources, external, actor, key, device, address } = session;
  return {
    auth_time: authTimeMs ?? UNKNOWN_TIME,
    acr: acr ?? null,
    amr: toOptionalList(amr),
    roles: toOptionalList(roles),
    resources: toOptionalList(resources),
    external_issuer: external?.issuer ?? null,
    external_subject: external?.subject ?? null,
    external_session: external?.session ?? null,
    actor: actor === undefined ? null : JSON.stringify(actor),
    jwk_thumbprint: key?.jwkThumbprint ?? null,
    bound_generation: key?.sinceGeneration ?? null,
    device: device ?? null,
    address: address ?? null,
  };
}

/** Read a session out of a row. */
export function toSessionRecord(row: SessionRow): SessionRecord {
  const { external_issuer: issuer, external_subject: subject, external_session: session } = row;
  const { jwk_thumbprint: jwkThumbprint, bound_generation: sinceGeneration } = row;
  return {
    ...toTokenSession(row),
    roles: parseOptionalList(row.roles),
    resources: parseOptionalList(row.resources),
    external:
      issuer === null || subject === null ? undefined : { issuer, subject, session: session ?? undefined },
    key: jwkThumbprint === null || sinceGeneration === null ? undefined : { jwkThumbprint, sinceGeneration },
    refreshHash: row.refresh_hash,
    generation: row.generation,
    refreshId: row.refresh_id,
    successorSealed: row.successor_sealed ?? undefined,
    supersededAtMs: row.superseded_at ?? undefined,
    createdAtMs: row.created_at,
    refreshedAtMs: row.refreshed_at,
    revokedAtMs: row.revoked_at ?? undefined,
    revokeReason: row.revoke_reason ?? undefined,
    device: row.device ?? undefined,
    address: row.address ?? undefined,
  };
}

type TokenRow = Pick<
  SessionRow,
  (typeof TOKEN_COLUMNS)[number] extends `sessions.${infer Name}` ? Name & keyof SessionRow : never
>;

/** Read what tokens are made from out of a row that has {@link TOKEN_COLUMNS}. */
export function toTokenSession(row: TokenRow): TokenSession {
  return {
    sessionId: row.session_id,
    subject: row.subject,
    clientId: row.client_id,
    scopes: parseTextList(row.scopes),
    idleExpiresAtMs: row.idle_expires_at,
    absoluteExpiresAtMs: row.absolute_expires_at,
    authTimeMs: row.auth_time === UNKNOWN_TIME ? undefined : row.auth_time,
    acr: row.acr ?? undefined,
    amr: parseOptionalList(row.amr),
    // Only this file writes it.
    actor: row.actor === null ? undefined : (JSON.parse(row.actor) as Actor),
  };
}

function toOptionalList(items: readonly string[] | undefined): string | null {
  return items === undefined ? null : toTextList(items);
}

function parseOptionalList(json: string | null): readonly string[] | undefined {
  return json === null ? undefined : parseTextList(json);
}
