import type { Principal } from "../../authenticate/principal.ts";
import type { SignIn } from "../../services/session-sign-in.ts";
import type { LiveToken, TokenLookup } from "../../services/token-lookup.ts";
import type { ClientRecord } from "../../store/clients.ts";
import type { SessionRecord } from "../../store/session-record.ts";
import { needClient, readCaller } from "./caller.ts";
import type { OAuthAnswer } from "./oauth-endpoint.ts";

/** What the introspection endpoint needs. */
export interface IntrospectionDeps {
  readonly signIn: Pick<SignIn, "authenticateClient">;
  readonly findToken: TokenLookup;
  readonly issuer: string;
}

/**
 * Create the introspection endpoint: `/oauth2/introspect` ([RFC 7662](https://www.rfc-editor.org/rfc/rfc7662)).
 *
 * A client learns of its own tokens; of others only when the operator allows it. Anything else is not active, and no
 * more is said.
 */
export function createIntrospectionEndpoint(deps: IntrospectionDeps): OAuthAnswer {
  return async (request) => {
    const client = needClient(await readCaller(deps.signIn, request));
    const token = await deps.findToken(request.form.need("token"));
    if (token === undefined || isReplaced(token) || !mayLearnOf(client, token)) {
      return { active: false };
    }
    return token.kind === "access"
      ? describeAccessToken(token.principal)
      : describeRefreshToken(token.session, deps.issuer);
  };
}

function isReplaced(token: LiveToken): boolean {
  return token.kind === "refresh" && !token.isNewest;
}

function mayLearnOf(client: ClientRecord, token: LiveToken): boolean {
  const { clientId } = token.kind === "access" ? token.principal : token.session;
  return client.mayIntrospect || client.clientId === clientId;
}

function describeAccessToken(principal: Principal): object {
  const { claims } = principal;
  return {
    active: true,
    token_type: "Bearer",
    iss: principal.issuer,
    sub: principal.subject,
    aud: principal.audience,
    client_id: principal.clientId,
    ...toScope(principal.scopes),
    roles: principal.roles,
    exp: principal.expiresAtSeconds,
    iat: principal.issuedAtSeconds,
    jti: principal.tokenId,
    sid: principal.sessionId,
    auth_time: principal.authTimeSeconds,
    acr: claims.acr,
    amr: claims.amr,
    act: claims.act,
  };
}

function describeRefreshToken(session: SessionRecord, issuer: string): object {
  const expiresAtMs = Math.min(session.idleExpiresAtMs, session.absoluteExpiresAtMs);
  return {
    active: true,
    iss: issuer,
    sub: session.subject,
    client_id: session.clientId,
    ...toScope(session.scopes),
    exp: Math.floor(expiresAtMs / 1_000),
    iat: Math.floor(session.refreshedAtMs / 1_000),
    sid: session.sessionId,
  };
}

/** RFC 6749 §3.3: a scope is at least one word. */
function toScope(scopes: readonly string[]): { readonly scope?: string } {
  return scopes.length === 0 ? {} : { scope: scopes.join(" ") };
}
