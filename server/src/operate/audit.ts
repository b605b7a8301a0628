/** Something that happened to a session, an account or a key, and that an operator may have to answer for. */
export interface AuditEvent {
  /** What happened. */
  readonly type:
    | "sign_in"
    | "sign_in_failed"
    | "sign_out"
    | "refresh"
    | "refresh_reuse"
    | "session_revoked"
    | "key_activated"
    | "key_removed"
    | "call_denied";
  /** The account, as its subject; never a name that a stranger typed. */
  readonly subject?: string;
  /** The session's identifier: not a secret. */
  readonly sessionId?: string;
  /** The client's identifier. */
  readonly clientId?: string;
  /** The RPC, as `package.Service/Method`. */
  readonly method?: string;
  /** Why, from a closed set of words. */
  readonly reason?: string;
  /** The key's identifier. */
  readonly keyId?: string;
}

/** Takes audit events. It must not throw, and returns at once. */
export interface AuditSink {
  record(event: AuditEvent): void;
}

/** Drops every event. */
export const silentAudit: AuditSink = { record: () => {} };

/** Make the event of a call that was refused. */
export function denied(method: string, reason: string): AuditEvent {
  return { type: "call_denied", method, reason };
}
