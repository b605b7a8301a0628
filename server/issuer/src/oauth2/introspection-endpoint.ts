import type { Principal } from "@countersign/server";
import type { SignIn } from "../services/session-sign-in.ts";
import type { LiveToken, TokenLookup } from "../services/token-lookup.ts";
import { toConfirmation } from "../sessions/mint.ts";
import type { SessionRights } from "../sessions/session-rights.ts";
import { toTokenType } from "../sessions/tokens.ts";
import type { ClientRecord } from "../store/clients.ts";
import { pickCustomClaims } from "../store/custom-claims.ts";
import type { SessionRecord } from "../store/session-record.ts";
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
    const token = await deps.findToken(request.form.need("token"), request);
    const description = token !== undefined && mayLearnOf(client, token) ? describe(deps, token) : undefined;
    return description ?? { active: false };
  };
}

function describe({ issuer }: IntrospectionDeps, token: LiveToken): object | undefined {
  if (token.kind === "access") {
    return describeAccessToken(token.principal);
  }
  const { session, rights } = token;
  return rights === undefined ? undefined : describeRefreshToken(session, rights, issuer);
}

function mayLearnOf(client: ClientRecord, token: LiveToken): boolean {
  const { clientId } = token.kind === "access" ? token.principal : token.session;
  return client.mayIntrospect || client.clientId === clientId;
}

function describeAccessToken(principal: Principal): object {
  const { claims, binding } = principal;
  return {
    // First: what this endpoint says itself goes before everything else.
    ...pickCustomClaims(claims),
    active: true,
    token_type: toTokenType(binding),
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
    cnf: binding && toConfirmation(binding),
  };
}

function describeRefreshToken(session: SessionRecord, rights: SessionRights, issuer: string): object {
  const expiresAtMs = Math.min(session.idleExpiresAtMs, rights.endsAtMs);
  return {
    active: true,
    iss: issuer,
    sub: session.subject,
    client_id: session.clientId,
    ...toScope(rights.scopes),
    exp: Math.floor(expiresAtMs / 1_000),
    iat: Math.floor(session.refreshedAtMs / 1_000),
    sid: session.sessionId,
  };
}

/** RFC 6749 §3.3: a scope is at least one word. */
function toScope(scopes: readonly string[]): { readonly scope?: string } {
  return scopes.length === 0 ? {} : { scope: scopes.join(" ") };
}
