import type { TokenBinding } from "@countersign/server";
import type { ReadProvenKey } from "../services/sender-proof.ts";
import type { TokenAudiences } from "../sessions/token-audience.ts";
import type { IssuedTokens } from "../sessions/tokens.ts";
import { type Caller, readCaller } from "./caller.ts";
import type { GrantDeps, Granted } from "./grant.ts";
import { GRANTS } from "./grants.ts";
import type { OAuthAnswer } from "./oauth-endpoint.ts";
import { OAuthError } from "./oauth-error.ts";
import { assertTarget } from "./parameters.ts";

/** What the token endpoint needs. */
export interface TokenEndpointDeps extends GrantDeps, TokenAudiences {
  /** Reads the DPoP proofs of requests. */
  readonly readProvenKey: ReadProvenKey;
}

/** The path of the token endpoint, under each public URL. */
export const TOKEN_PATH = "/oauth2/token";

/** Create the token endpoint: `/oauth2/token` ([RFC 6749 §3.2](https://www.rfc-editor.org/rfc/rfc6749#section-3.2)). */
export function createTokenEndpoint(deps: TokenEndpointDeps): OAuthAnswer {
  return async (request) => {
    const { headers, form, certificate } = request;
    const grant = GRANTS.get(form.need("grant_type"));
    if (grant === undefined) {
      throw new OAuthError("unsupported_grant_type", "this grant type is not supported");
    }
    // Before the client is authenticated: an assertion is good once, and the client asks again when it needs a nonce.
    const key = await deps.readProvenKey({ headers, httpMethod: "POST", path: TOKEN_PATH });
    const caller = await readCaller(deps.signIn, request);
    assertTarget(form, deps);
    const sender = { binding: key ?? toBinding(caller), certificateThumbprint: certificate?.thumbprint };
    return toResponse(await grant(deps, { ...request, ...sender }, caller));
  };
}

/** The tokens of a client that has proven itself by a certificate are bound to that one (RFC 8705 §3). */
function toBinding(caller: Caller): TokenBinding | undefined {
  return caller.kind === "client" && caller.certificateThumbprint !== undefined
    ? { kind: "mtls", certificateThumbprint: caller.certificateThumbprint }
    : undefined;
}

/**
 * [RFC 6749 §5.1](https://www.rfc-editor.org/rfc/rfc6749#section-5.1), with our lifetime of refresh tokens beside it.
 */
function toResponse({ tokens, issuedTokenType }: Granted): object {
  return {
    access_token: tokens.accessToken,
    ...(issuedTokenType === undefined ? {} : { issued_token_type: issuedTokenType }),
    token_type: tokens.tokenType,
    expires_in: toSeconds(tokens.expiresInMs),
    ...toRefresh(tokens),
    // RFC 6749 §3.3: a scope is at least one word.
    ...(tokens.scopes.length === 0 ? {} : { scope: tokens.scopes.join(" ") }),
  };
}

function toRefresh({ refreshToken, refreshExpiresInMs }: IssuedTokens): object {
  return refreshToken === ""
    ? {}
    : { refresh_token: refreshToken, refresh_expires_in: toSeconds(refreshExpiresInMs) };
}

/** Rounded down, so that no client uses the token in the last part of a second. */
function toSeconds(ms: number): number {
  return Math.max(0, Math.floor(ms / 1_000));
}
