/** What the keepers of accounts and clients report to the audit trail. Every sink of the server takes these. */
export interface CredentialEvent {
  /** What happened. */
  readonly type:
    | "account_added"
    | "account_changed"
    | "account_removed"
    | "account_disabled"
    | "account_enabled"
    | "password_changed"
    | "client_added"
    | "client_changed"
    | "client_rotated"
    | "client_disabled"
    | "client_enabled";
  /** The account's subject. */
  readonly subject?: string;
  /** The client's identifier. */
  readonly clientId?: string;
}

/** Takes the events of accounts and clients. It must not throw, and returns at once. */
export interface CredentialAudit {
  record(event: CredentialEvent): void;
}
