import type { FederatedIdentity } from "../credentials/federated-identity.ts";
import type { AccessGrants } from "../sessions/access-grants.ts";
import type { ConfirmSession } from "../sessions/confirm-session.ts";
import { keepAllowed } from "../sessions/scopes.ts";
import { FIRST_PARTY_CLIENT_ID } from "../sessions/session-options.ts";
import type { Sessions } from "../sessions/sessions.ts";
import type { IssuedTokens, TokenHolder, TokenWish } from "../sessions/tokens.ts";
import type { ClientRecord } from "../store/clients.ts";
import type { Actor } from "../store/session-record.ts";
import { carryMayAct } from "./may-act.ts";

/** Begins sessions, with and without refresh tokens, and looks whether they may go on. */
export interface SessionBeginners {
  readonly confirmSession: ConfirmSession;
  readonly sessions: Pick<Sessions, "beginExternal">;
  readonly accessGrants: Pick<AccessGrants, "begin">;
}

/** A session to begin, of a subject of another issuer. */
export interface FederatedSession extends TokenWish {
  readonly identity: FederatedIdentity;
  /** What it begins with. */
  readonly type: "sign_in" | "token_exchange";
  /** The client that it is for, which limits what can be granted; undefined: our own pages and tools. */
  readonly client: ClientRecord | undefined;
  readonly actor: Actor | undefined;
  /** Whether the client could use a refresh token. */
  readonly canRefresh: boolean;
}

/**
 * Begin a session of a subject of another issuer.
 *
 * It goes on without that issuer only where the operator has said so for the issuer, and for the client too. Otherwise
 * there is one access token, which lasts no longer than the token that it was made from. So it is for a token with
 * `may_act`, too: it stands in that one access token, and not in those of a session.
 *
 * Its issuer may end it while it begins: then it ends here, too.
 *
 * @throws AuthError `INSUFFICIENT_SCOPE`, `CREDENTIALS_INVALID` or `AUTH_UNAVAILABLE`
 * @throws InvalidTargetError when a resource is asked for that this issuer gives out no tokens for
 */
export async function beginFederatedSession(
  { sessions, accessGrants, confirmSession }: SessionBeginners,
  { identity, client, type, actor, canRefresh, ...wish }: FederatedSession,
): Promise<IssuedTokens> {
  const { external, authTimeMs, acr, amr, refreshForMs, expiresAtMs: notAfterMs } = identity;
  const session = {
    holder: limitToClient(identity, client),
    clientId: client?.clientId ?? FIRST_PARTY_CLIENT_ID,
    type,
    scopes: wish.scopes,
    maxAccessTtlMs: wish.maxAccessTtlMs,
    resources: wish.resources,
    binding: wish.binding,
    use: wish.use,
    external,
    externalClaims: identity.principal.claims,
    authTimeMs,
    acr,
    amr,
    actor,
  };
  const isForAny = identity.principal.claims.may_act === undefined;
  const mayRefresh =
    canRefresh && isForAny && (client === undefined || client.grants.includes("refresh_token"));
  const tokens =
    mayRefresh && refreshForMs !== undefined
      ? await sessions.beginExternal({ ...session, refreshForMs })
      : await accessGrants.begin({ ...session, claims: carryMayAct(identity.principal), notAfterMs });
  await confirmSession(tokens.sessionId, identity.principal);
  return tokens;
}

/** What a subject can have through a client: at most what the client can have too. */
export function limitToClient(
  { subject, scopes, roles }: TokenHolder,
  client: ClientRecord | undefined,
): TokenHolder {
  return client === undefined
    ? { subject, scopes, roles }
    : {
        subject,
        scopes: keepAllowed(scopes, client.scopes),
        roles: keepAllowed(roles, client.roles),
      };
}
