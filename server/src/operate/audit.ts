/** Something that happened to a session, an account or a key, and that an operator may have to answer for. */
export interface AuditEvent {
  /** What happened. */
  readonly type:
    | "sign_in"
    | "sign_in_failed"
    | "sign_out"
    | "refresh"
    | "refresh_reuse"
    | "token_exchanged"
    | "session_revoked"
    | "key_activated"
    | "key_removed"
    | "call_denied"
    | "call_would_be_denied";
  /** The account, as its subject; never a name that a stranger typed. */
  readonly subject?: string;
  /** The session's identifier: not a secret. */
  readonly sessionId?: string;
  /** The access token's identifier: not a secret. */
  readonly tokenId?: string;
  /** The client's identifier. */
  readonly clientId?: string;
  /** The RPC, as `package.Service/Method`. */
  readonly method?: string;
  /** Why, from a closed set of words. */
  readonly reason?: string;
  /** The rule that was broken, in words of ours. Finer than what the caller is told. */
  readonly detail?: string;
  /** The key's identifier. */
  readonly keyId?: string;
}

/** Takes audit events. It must not throw, and returns at once. */
export interface AuditSink {
  record(event: AuditEvent): void;
}

/** Drops every event. */
export const silentAudit: AuditSink = { record: () => {} };

/** Make the event of a call that was refused, or that would have been if its service were not in shadow mode. */
export function denied(
  method: string,
  { reason, message }: { readonly reason: string; readonly message: string },
  isShadow: boolean,
): AuditEvent {
  return { type: isShadow ? "call_would_be_denied" : "call_denied", method, reason, detail: message };
}
