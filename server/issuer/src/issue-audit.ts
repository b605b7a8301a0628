/** What the issuer reports to the audit trail. Every sink of the server takes these. */
export interface IssueEvent {
  /** What happened. */
  readonly type:
    | "sign_in"
    | "sign_out"
    | "refresh"
    | "refresh_reuse"
    | "token_exchanged"
    | "session_revoked"
    | "key_activated"
    | "key_removed";
  /** The account's subject. */
  readonly subject?: string;
  /** The session's identifier: not a secret. */
  readonly sessionId?: string;
  /** The client's identifier. */
  readonly clientId?: string;
  /** The other issuer that knows the subject, where its token was exchanged. */
  readonly externalIssuer?: string;
  /** What that issuer calls the subject. */
  readonly externalSubject?: string;
  /** Why, from a closed set of words. */
  readonly reason?: string;
  /** The key's identifier. */
  readonly keyId?: string;
}

/** Takes the issuer's events. It must not throw, and returns at once. */
export interface IssueAudit {
  record(event: IssueEvent): void;
}
