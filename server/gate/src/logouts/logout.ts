/** What says which access tokens a logout is about. */
export type LogoutMatch = "session" | "subject";

/** Why access has ended, for the audit trail. */
export type LogoutReason = "account_changed" | "claims_changed" | "logged_out" | "session_revoked";

/** What a provider says has ended: a session of a subject, or all that the subject has. */
export interface Logout {
  /** Whose tokens: claim `iss` of the access tokens. A subject of another issuer is another one. */
  readonly issuer: string;
  /** Claim `sid` of the access tokens; undefined: the provider names no session. */
  readonly sessionId: string | undefined;
  /** The subject, as the access tokens name it; undefined: the provider names none. */
  readonly subject: string | undefined;
  /** When it ended by the provider's clock, in milliseconds since 1970: what the subject gets later is good. */
  readonly endedAtMs: number;
  readonly reason: LogoutReason;
}

/** The access tokens that are refused, or say something else, from now on. */
export interface LogoutRevocation {
  /** Whose tokens: claim `iss`. */
  readonly issuer: string;
  readonly dimension: "jti" | "sid" | "sub";
  readonly value: string;
  /** Of a subject: only those of its tokens that name no session. Default: all of them. */
  readonly withoutSession?: true;
  /** Tokens that were issued later are good, in milliseconds since 1970; undefined: none is. */
  readonly beforeMs: number | undefined;
  /** How long tokens of the issuer last at the longest, in milliseconds: afterwards there is nothing to refuse. */
  readonly maxLifeMs: number;
  readonly reason: LogoutReason;
  /**
   * What the tokens say otherwise by now, by the names of the claims; `null`: the claim is gone. They are not refused then.
   * Absent: they are refused.
   */
  readonly changedClaims?: Readonly<Record<string, unknown>> | undefined;
}

/** What the options of an issuer say about its logouts. */
export interface LogoutRule {
  /** What a logout goes by that names a session and a subject. One that names only one of them goes by that. */
  readonly match: LogoutMatch;
  /** How long access tokens of the issuer last at the longest, in seconds. */
  readonly maxTokenLifeSeconds: number;
}

/**
 * Make of a logout what is revoked by it. The tokens of a session are refused whenever they were issued: a session that
 * has ended gets no more. Those of a subject are refused up to the logout: it may sign in again. Where a session counts, a token
 * of the subject that names none may be of that session, and is refused, too.
 *
 * @returns none when it names neither a session nor a subject
 */
export function toLogoutRevocations(
  { issuer, sessionId, subject, endedAtMs, reason }: Logout,
  { match, maxTokenLifeSeconds }: LogoutRule,
): readonly LogoutRevocation[] {
  const terms = { issuer, maxLifeMs: maxTokenLifeSeconds * 1_000, reason };
  const ofSubject: readonly LogoutRevocation[] =
    subject === undefined ? [] : [{ ...terms, dimension: "sub", value: subject, beforeMs: endedAtMs }];
  if (sessionId === undefined || (match === "subject" && subject !== undefined)) {
    return ofSubject;
  }
  return [
    { ...terms, dimension: "sid", value: sessionId, beforeMs: undefined },
    ...ofSubject.map((one) => ({ ...one, withoutSession: true }) as const),
  ];
}
