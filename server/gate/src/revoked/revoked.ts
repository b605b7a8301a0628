/** What a revocation goes by: the claim of an access token, or `kid` of its header. */
export type RevocationDimension = "sid" | "sub" | "jti" | "client_id" | "kid";

const DIMENSIONS: Readonly<Record<RevocationDimension, true>> = {
  sid: true,
  sub: true,
  jti: true,
  client_id: true,
  kid: true,
};

/**
 * Read what a revocation goes by. A newer release may have written one that this release does not know: which tokens it is
 * about cannot be told, so it covers every token of its issuer.
 */
export function readDimension(dimension: string): Revoked["dimension"] {
  return isDimension(dimension) ? dimension : "every_token";
}

function isDimension(text: string): text is RevocationDimension {
  return Object.hasOwn(DIMENSIONS, text);
}

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

/**
 * Name the tokens of a subject that name no session, where sessions are named: which session such a token is of cannot be told.
 * No claim `sid` has a control character.
 */
export function toNoSession(subject: string): string {
  return `${NO_SESSION}${subject}`;
}

/** Find the subject whose tokens without a session are revoked. @returns undefined: others are */
export function subjectWithoutSession({
  dimension,
  value,
}: Pick<Revoked, "dimension" | "value">): string | undefined {
  return dimension === "sid" && value.startsWith(NO_SESSION) ? value.slice(NO_SESSION.length) : undefined;
}

const NO_SESSION = "\u0001";

/** Name what a token is of among the sessions. */
export function sessionOf({ sessionId, subject }: RevocableToken): string {
  return sessionId ?? toNoSession(subject);
}

/** What is remembered of a revocation: whose tokens it is about, which, and for how long. */
export interface Revoked {
  /** Whose tokens: claim `iss`; undefined: those of every issuer. */
  readonly issuer?: string | undefined;
  /** What the tokens are known by; `every_token`: all of them are meant. */
  readonly dimension: RevocationDimension | "every_token";
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
