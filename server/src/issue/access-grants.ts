import type { Clock } from "../clock.ts";
import { AuthError } from "../errors/auth-error.ts";
import type { Store } from "../store/database.ts";
import { insertSession } from "../store/sessions.ts";
import type { IssueAudit } from "./issue-audit.ts";
import type { KeyRing } from "./key-ring.ts";
import { type Actor, mintAccessToken } from "./mint.ts";
import { createSessionId } from "./refresh-token.ts";
import { grantScopes } from "./scopes.ts";
import type { IssuedTokens } from "./tokens.ts";

/** What {@link createAccessGrants} needs; the same as for sessions. */
export interface AccessGrantsOptions {
  readonly store: Store;
  readonly keyRing: Pick<KeyRing, "signingKey">;
  readonly issuer: string;
  readonly audience: string;
  /** How long an access token lasts at the most, in milliseconds. */
  readonly accessTtlMs: number;
  readonly clock: Clock;
  readonly audit: IssueAudit;
}

/** An access token for somebody who has just proven who they are, and will do so again for the next. */
export interface NewAccess {
  readonly holder: {
    readonly subject: string;
    /** The most that can be granted. */
    readonly scopes: readonly string[];
    readonly roles: readonly string[];
  };
  readonly clientId: string;
  /** The scopes that are asked for; none: all that the holder can have. */
  readonly scopes: readonly string[];
  /** When a person proved who they are, in milliseconds since 1970; undefined when no person did, or nobody knows. */
  readonly authTimeMs?: number | undefined;
  /** When the proof that it is granted for ends, in milliseconds since 1970: the token does not outlive it. */
  readonly notAfterMs?: number | undefined;
  /** How long the token is to last at the most, in milliseconds. Default: as long as the issuer's last. */
  readonly maxAccessTtlMs?: number | undefined;
  /** Who the subject is to another issuer, for the audit trail. */
  readonly external?: { readonly issuer: string; readonly subject: string } | undefined;
  /** Who acts for the subject (RFC 8693 §4.1). */
  readonly actor?: Actor | undefined;
}

/** Grants access tokens without refresh tokens. */
export interface AccessGrants {
  /**
   * Grant a token in a session of its own, so that it can be revoked like any.
   *
   * @throws AuthError `INSUFFICIENT_SCOPE` when a scope is asked for that the holder cannot have
   */
  begin(access: NewAccess): Promise<IssuedTokens>;
  /**
   * Grant a token inside a session that goes on: it ends when that one is ended.
   *
   * @throws AuthError `INSUFFICIENT_SCOPE` when a scope is asked for that the holder cannot have
   */
  derive(access: NewAccess & { readonly sessionId: string }): Promise<IssuedTokens>;
}

/** Create the granter of access tokens. It holds no state of its own. */
export function createAccessGrants(options: AccessGrantsOptions): AccessGrants {
  const { store, clock, audit } = options;
  return {
    async begin(access) {
      const sessionId = createSessionId();
      const nowMs = clock.nowMs();
      const expiresAtMs = nowMs + lifeMs(options, access, nowMs);
      const { holder, clientId, authTimeMs = nowMs } = access;
      const scopes = grantScopes(access.scopes, holder.scopes);
      await insertSession(store, {
        ...{ sessionId, subject: holder.subject, clientId, scopes, authTimeMs },
        // No refresh token has this hash.
        ...{ refreshHash: "", generation: 0, refreshId: "" },
        ...{ successorSealed: undefined, supersededAtMs: undefined },
        ...{ createdAtMs: nowMs, refreshedAtMs: nowMs },
        ...{ idleExpiresAtMs: expiresAtMs, absoluteExpiresAtMs: expiresAtMs },
        ...{ revokedAtMs: undefined, revokeReason: undefined },
      });
      const { issuer: externalIssuer, subject: externalSubject } = access.external ?? {};
      audit.record({
        ...{ type: "sign_in", subject: holder.subject, sessionId, clientId },
        ...(externalIssuer === undefined ? {} : { externalIssuer }),
        ...(externalSubject === undefined ? {} : { externalSubject }),
      });
      return issue(options, { ...access, sessionId });
    },
    derive(access) {
      const { holder, sessionId, clientId } = access;
      audit.record({ type: "token_exchanged", subject: holder.subject, sessionId, clientId });
      return issue(options, access);
    },
  };
}

async function issue(
  options: AccessGrantsOptions,
  access: NewAccess & { readonly sessionId: string },
): Promise<IssuedTokens> {
  const { issuer, audience, keyRing, clock } = options;
  const { holder, clientId, sessionId, authTimeMs, actor } = access;
  const nowMs = clock.nowMs();
  const scopes = grantScopes(access.scopes, holder.scopes);
  const { token, expiresAtMs } = await mintAccessToken(
    { issuer, audience, accessTtlMs: lifeMs(options, access, nowMs), key: keyRing.signingKey(), nowMs },
    { subject: holder.subject, clientId, sessionId, scopes, roles: holder.roles, authTimeMs, actor },
  );
  const expiresInMs = expiresAtMs - nowMs;
  return { accessToken: token, expiresInMs, refreshToken: "", refreshExpiresInMs: 0, scopes, sessionId };
}

function lifeMs({ accessTtlMs }: AccessGrantsOptions, access: NewAccess, nowMs: number): number {
  const { notAfterMs = Infinity, maxAccessTtlMs = Infinity } = access;
  const life = Math.min(accessTtlMs, maxAccessTtlMs, notAfterMs - nowMs);
  // Tokens count in whole seconds, and one of no length at all would be longer than its proof.
  if (life < 1_000) {
    throw new AuthError("CREDENTIALS_INVALID", "the token that was sent is about to expire");
  }
  return life;
}
