/** What a revocation goes by: the claim of an access token, or `kid` of its header. */
export type RevocationDimension = "sid" | "sub" | "jti" | "client_id" | "kid";

/** What an access token can be revoked by. */
export interface RevocableToken {
  readonly issuer: string;
  readonly sessionId: string | undefined;
  readonly subject: string;
  readonly tokenId: string | undefined;
  readonly clientId: string;
  readonly keyId: string | undefined;
  readonly issuedAtSeconds: number;
}

/** What is remembered of a revocation: whose tokens it is about, which, and for how long. */
export interface Revoked {
  /** Whose tokens: claim `iss`; undefined: those of every issuer. */
  readonly issuer?: string | undefined;
  readonly dimension: RevocationDimension;
  readonly value: string;
  /** Tokens that were issued later are good, in milliseconds since 1970; undefined: none is. */
  readonly beforeMs: number | undefined;
  /** When no token that it is about can be valid any more, in milliseconds since 1970. */
  readonly expiresAtMs: number;
  /**
   * What the tokens say otherwise by now, by the names of the claims; `null`: the claim is gone. They are not revoked then.
   * Absent: they are revoked.
   */
  readonly changedClaims?: Readonly<Record<string, unknown>> | undefined;
}
