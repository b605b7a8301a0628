import { type AuditSink, AuthError } from "@countersign/server";
import type { SessionEvent } from "@countersign/server/internal";
import type { Store } from "../store/database.ts";
import type { Actor, Authentication, SessionRecord } from "../store/session-record.ts";
import { insertSession, type SessionSponsor } from "../store/sessions.ts";
import { FIRST_PARTY_CLIENT_ID } from "./session-options.ts";
import type { SubjectLimit } from "./subject-limit.ts";

/** A session that begins, with what it was granted. */
export interface SessionStart
  extends Authentication,
    Pick<
      SessionRecord,
      | "sessionId"
      | "subject"
      | "clientId"
      | "scopes"
      | "roles"
      | "resources"
      | "external"
      | "key"
      | "actor"
      | "idleExpiresAtMs"
      | "absoluteExpiresAtMs"
      | "device"
      | "address"
    > {
  /** The hash of its refresh token; undefined when it has none. */
  readonly refreshHash?: string;
  readonly nowMs: number;
}

/** Name the client that a session needs in good standing: our own pages and tools are none that can be disabled. */
export function toClientSponsor(clientId: string): SessionSponsor | undefined {
  return clientId === FIRST_PARTY_CLIENT_ID ? undefined : { clientId };
}

/** Write who acts for a subject into an audit event. */
export function toActorDetail(actor: Actor | undefined): { readonly actor?: string } {
  return actor === undefined ? {} : { actor: actor.sub };
}

/** What sessions begin with. */
export interface NewSessionContext {
  readonly store: Store;
  readonly audit: AuditSink<SessionEvent>;
  /**
   * How many sessions one subject begins at one client: each may leave a revocation in the memory of every gate, and
   * its subject can always end a session. Undefined: no limit.
   */
  readonly newSessions?: SubjectLimit | undefined;
}

/** Nothing has this hash. */
const NO_REFRESH_TOKEN = "";

/**
 * Store a session that begins, and put it on record.
 *
 * @param sponsor whose good standing it needs; undefined: it needs no account or client of the store
 * @throws AuthError `CREDENTIALS_INVALID` when the sponsor has lost its standing since it was checked, `RATE_LIMITED`
 */
export async function storeSession(
  { store, audit, newSessions }: NewSessionContext,
  start: SessionStart,
  sponsor?: SessionSponsor,
): Promise<SessionRecord> {
  const { refreshHash = NO_REFRESH_TOKEN, nowMs, ...rest } = start;
  const session: SessionRecord = {
    ...rest,
    refreshHash,
    generation: 0,
    refreshId: "",
    successorSealed: undefined,
    supersededAtMs: undefined,
    createdAtMs: nowMs,
    refreshedAtMs: nowMs,
    revokedAtMs: undefined,
    revokeReason: undefined,
  };
  newSessions?.take(session);
  if (!(await insertSession(store, session, sponsor))) {
    throw new AuthError("CREDENTIALS_INVALID", "the credential has been withdrawn");
  }
  const { sessionId, subject, clientId, external, actor } = session;
  audit.record({
    type: "sign_in",
    subject,
    sessionId,
    clientId,
    ...toActorDetail(actor),
    ...(external === undefined ? {} : { externalIssuer: external.issuer, externalSubject: external.subject }),
  });
  return session;
}
