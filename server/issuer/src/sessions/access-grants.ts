import { type AuditSink, AuthError, type Clock } from "@countersign/server";
import type { SessionEvent } from "@countersign/server/internal";
import type { KeyRing } from "../keys/key-ring.ts";
import { findClient } from "../store/clients.ts";
import type { CustomClaims } from "../store/custom-claims.ts";
import type { Store } from "../store/database.ts";
import type { Actor, Authentication, ExternalSubject } from "../store/session-record.ts";
import { mintAccessToken } from "./mint.ts";
import { storeSession, toActorDetail, toClientSponsor } from "./new-session.ts";
import { createSessionId } from "./refresh-token.ts";
import { grantScopes } from "./scopes.ts";
import type { SubjectLimit } from "./subject-limit.ts";
import { grantResources, narrowAudience } from "./token-audience.ts";
import { type ClaimsGrant, claimsOf, type TokenClaims } from "./token-claims.ts";
import { type IssuedTokens, type TokenHolder, type TokenWish, toTokenType } from "./tokens.ts";

/** What {@link createAccessGrants} needs; the same as for sessions. */
export interface AccessGrantsOptions {
  readonly store: Store;
  readonly keyRing: Pick<KeyRing, "signingKey">;
  readonly issuer: string;
  readonly audience: string;
  /** As for sessions. */
  readonly resources: readonly string[];
  /** As for sessions. */
  readonly tokenClaims: TokenClaims | undefined;
  /** How long an access token lasts at the most, in milliseconds. */
  readonly accessTtlMs: number;
  readonly clock: Clock;
  readonly audit: AuditSink<SessionEvent>;
  /** As for sessions. */
  readonly newSessions?: SubjectLimit | undefined;
}

/** An access token for a subject that has just proven who it is, and will do so again for the next one. */
export interface NewAccess extends Authentication, TokenWish {
  readonly holder: TokenHolder;
  readonly clientId: string;
  /** When the proof that it is granted for ends, in milliseconds since 1970: the token expires no later. */
  readonly notAfterMs?: number | undefined;
  /** Who the subject is to another issuer. */
  readonly external?: ExternalSubject | undefined;
  /** The claims of that issuer's token, for option `claims`. Default: none are known. */
  readonly externalClaims?: Readonly<Record<string, unknown>> | undefined;
  /** Who acts for the subject (RFC 8693 §4.1). */
  readonly actor?: Actor | undefined;
  /** What it is granted for. */
  readonly type: ClaimsGrant["type"];
  /** The account that it is about; undefined when it is about none. */
  readonly account?: ClaimsGrant["account"];
  /** The claims that the subject has in the store, or that its token hands on. */
  readonly claims: CustomClaims;
}

/** Grants access tokens without refresh tokens. */
export interface AccessGrants {
  /**
   * Grant a token in a session of its own, so that it can be revoked like any.
   *
   * @throws AuthError `INSUFFICIENT_SCOPE` when a scope is asked for that the holder cannot have,
   *   `CREDENTIALS_INVALID` when the client has been disabled, or the proof is about to expire, and `AUTH_UNAVAILABLE` when
   *   the store or the hook of claims cannot be asked
   * @throws InvalidTargetError when a resource is asked for that this issuer gives out no tokens for
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
  const { store, clock, audit, newSessions } = options;
  return {
    async begin(access) {
      const { holder, clientId, authTimeMs, acr, amr, external, actor } = access;
      const { subject, roles } = holder;
      const sessionId = createSessionId();
      const contents = await prepare(options, { ...access, sessionId });
      const nowMs = clock.nowMs();
      const expiresAtMs = nowMs + lifeMs(options, access, nowMs);
      const start = {
        sessionId,
        subject,
        clientId,
        scopes: contents.scopes,
        roles,
        resources: contents.resources,
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
      await storeSession({ store, audit, newSessions }, start, toClientSponsor(clientId));
      return issue(options, { ...access, sessionId }, contents);
    },
    async derive(access) {
      const { holder, sessionId, clientId, actor } = access;
      const tokens = issue(options, access, await prepare(options, access));
      // Read after the token was signed: what disables the client from here on revokes the token as well.
      const client = await findClient(store, clientId);
      if (client === undefined || client.disabledAtMs !== undefined) {
        throw new AuthError("CREDENTIALS_INVALID", "the client has been disabled");
      }
      const { subject } = holder;
      audit.record({ type: "token_exchanged", subject, sessionId, clientId, ...toActorDetail(actor) });
      return tokens;
    },
  };
}

/** An access token that is granted, in its session. */
type SessionAccess = NewAccess & { readonly sessionId: string };

/** What is found out before anything is stored. */
interface Contents {
  readonly scopes: readonly string[];
  /** Undefined: the audience of the issuer. */
  readonly resources: readonly string[] | undefined;
  readonly audience: readonly string[];
  readonly claims: CustomClaims;
}

async function prepare(options: AccessGrantsOptions, access: SessionAccess): Promise<Contents> {
  const { holder, clientId, sessionId, external, actor, type, account } = access;
  const { subject, roles } = holder;
  // Before the hook is asked, which takes time.
  lifeMs(options, access, options.clock.nowMs());
  const scopes = grantScopes(access.scopes, holder.scopes);
  const resources = grantResources(access.resources, options);
  const audience = narrowAudience(undefined, resources, options);
  const claims = await claimsOf(options.tokenClaims, {
    type,
    subject,
    account,
    clientId,
    sessionId,
    scopes,
    roles,
    audience,
    external: external && { ...external, claims: access.externalClaims },
    actor,
    claims: access.claims,
  });
  return { scopes, resources, audience, claims };
}

function issue(
  options: AccessGrantsOptions,
  access: SessionAccess,
  { scopes, audience, claims }: Contents,
): IssuedTokens {
  const { issuer, keyRing, clock } = options;
  const { holder, clientId, sessionId, authTimeMs, acr, amr, actor, binding } = access;
  const { subject, roles } = holder;
  const nowMs = clock.nowMs();
  const { token, expiresAtMs } = mintAccessToken(
    { issuer, accessTtlMs: lifeMs(options, access, nowMs), key: keyRing.signingKey(), nowMs },
    { subject, clientId, sessionId, scopes, roles, audience, authTimeMs, acr, amr, actor, binding, claims },
  );
  const expiresInMs = expiresAtMs - nowMs;
  const tokenType = toTokenType(binding);
  return {
    accessToken: token,
    tokenType,
    expiresInMs,
    refreshToken: "",
    refreshExpiresInMs: 0,
    scopes,
    sessionId,
  };
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
