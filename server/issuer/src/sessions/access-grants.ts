import { type AuditSink, AuthError, type Clock } from "@countersign/server";
import type { SessionEvent } from "@countersign/server/internal";
import type { KeyRing } from "../keys/key-ring.ts";
import { findClient } from "../store/clients.ts";
import type { Store } from "../store/database.ts";
import type { Actor, Authentication, ExternalSubject } from "../store/session-record.ts";
import { mintAccessToken } from "./mint.ts";
import { storeSession, toClientSponsor } from "./new-session.ts";
import { createSessionId } from "./refresh-token.ts";
import { grantScopes } from "./scopes.ts";
import type { IssuedTokens, TokenHolder, TokenWish } from "./tokens.ts";

/** What {@link createAccessGrants} needs; the same as for sessions. */
export interface AccessGrantsOptions {
  readonly store: Store;
  readonly keyRing: Pick<KeyRing, "signingKey">;
  readonly issuer: string;
  readonly audience: string;
  /** How long an access token lasts at the most, in milliseconds. */
  readonly accessTtlMs: number;
  readonly clock: Clock;
  readonly audit: AuditSink<SessionEvent>;
}

/** An access token for a subject that has just proven who it is, and will do so again for the next one. */
export interface NewAccess extends Authentication, TokenWish {
  readonly holder: TokenHolder;
  readonly clientId: string;
  /** When the proof that it is granted for ends, in milliseconds since 1970: the token expires no later. */
  readonly notAfterMs?: number | undefined;
  /** Who the subject is to another issuer. */
  readonly external?: ExternalSubject | undefined;
  /** Who acts for the subject (RFC 8693 §4.1). */
  readonly actor?: Actor | undefined;
}

/** Grants access tokens without refresh tokens. */
export interface AccessGrants {
  /**
   * Grant a token in a session of its own, so that it can be revoked like any.
   *
   * @throws AuthError `INSUFFICIENT_SCOPE` when a scope is asked for that the holder cannot have, and
   *   `CREDENTIALS_INVALID` when the client has been disabled, or the proof is about to expire
   */
  begin(access: NewAccess): Promise<IssuedTokens>;
  /**
   * Grant a token inside a session that goes on: it ends when that one is ended.
   *
   * @throws AuthError as {@link begin}
   */
  derive(access: NewAccess & { readonly sessionId: string }): Promise<IssuedTokens>;
}

/** Create the granter of access tokens. It holds no state of its own. */
export function createAccessGrants(options: AccessGrantsOptions): AccessGrants {
  const { store, clock, audit } = options;
  return {
    async begin(access) {
      const nowMs = clock.nowMs();
      const expiresAtMs = nowMs + lifeMs(options, access, nowMs);
      const { holder, clientId, authTimeMs, acr, amr, external, actor } = access;
      const { subject, roles } = holder;
      const scopes = grantScopes(access.scopes, holder.scopes);
      const start = {
        sessionId: createSessionId(),
        subject,
        clientId,
        scopes,
        roles,
        authTimeMs,
        acr,
        amr,
        external,
        actor,
        device: access.use?.device,
        address: access.use?.address,
        nowMs,
        idleExpiresAtMs: expiresAtMs,
        absoluteExpiresAtMs: expiresAtMs,
      };
      const { sessionId } = await storeSession({ store, audit }, start, toClientSponsor(clientId));
      return issue(options, { ...access, sessionId });
    },
    async derive(access) {
      const { holder, sessionId, clientId } = access;
      const tokens = await issue(options, access);
      // Read after the token was signed: what disables the client from here on revokes the token as well.
      const client = await findClient(store, clientId);
      if (client === undefined || client.disabledAtMs !== undefined) {
        throw new AuthError("CREDENTIALS_INVALID", "the client has been disabled");
      }
      audit.record({ type: "token_exchanged", subject: holder.subject, sessionId, clientId });
      return tokens;
    },
  };
}

async function issue(
  options: AccessGrantsOptions,
  access: NewAccess & { readonly sessionId: string },
): Promise<IssuedTokens> {
  const { issuer, audience, keyRing, clock } = options;
  const { holder, clientId, sessionId, authTimeMs, acr, amr, actor } = access;
  const { subject, roles } = holder;
  const nowMs = clock.nowMs();
  const scopes = grantScopes(access.scopes, holder.scopes);
  const { token, expiresAtMs } = await mintAccessToken(
    { issuer, audience, accessTtlMs: lifeMs(options, access, nowMs), key: keyRing.signingKey(), nowMs },
    { subject, clientId, sessionId, scopes, roles, authTimeMs, acr, amr, actor },
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
