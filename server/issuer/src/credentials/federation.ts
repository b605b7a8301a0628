import { AuthError } from "@countersign/server";
import { parseCompactJws, type TokenOrigin, toShortType } from "@countersign/server/internal";
import { type FederatedIdentity, type FederatedIssuer, toIdentity } from "./federated-identity.ts";
import { createFederatedTokens, type FederatedTokensOptions } from "./federated-tokens.ts";

/** What {@link createFederation} needs. */
export interface FederationOptions extends Omit<FederatedTokensOptions, "issuers"> {
  readonly issuers: readonly FederatedIssuer[];
}

/** What a token is, in the words of [RFC 8693 §3](https://www.rfc-editor.org/rfc/rfc8693#section-3). */
export type ExchangedTokenType = "access_token" | "id_token" | "jwt";

/**
 * Finds out whom a token of another issuer stands for. Its type, when it was declared, must not be another; its check waits
 * with those of the same peer.
 */
export type Federation = (
  token: string,
  type?: ExchangedTokenType,
  origin?: TokenOrigin,
) => Promise<FederatedIdentity>;

/**
 * Create the check of tokens of other issuers, to be exchanged for ours (RFC 8693 §2.1).
 *
 * @returns a function that throws AuthError `CREDENTIALS_INVALID` for anything wrong, and `AUTH_UNAVAILABLE` when the
 *   keys of the issuer, or what is revoked, cannot be had
 */
export function createFederation(options: FederationOptions): Federation {
  const { issuers, revocations, clock, toleranceSeconds, maxTokenBytes } = options;
  if (issuers.length === 0) {
    return () => Promise.reject(invalid("the token is of no issuer whose tokens are exchanged here"));
  }
  const byName = new Map(issuers.map((issuer) => [issuer.trusted.issuer, issuer]));
  const tokens = createFederatedTokens({
    issuers: issuers.map(({ trusted }) => trusted),
    revocations,
    clock,
    toleranceSeconds,
    maxTokenBytes,
  });
  return async (token, type = "jwt", origin) => {
    const { principal, issuer: name } = await tokens.verify(token, origin);
    if (type === "id_token" && isAccessToken(token, maxTokenBytes)) {
      throw invalid("the token is an access token and was declared an ID token");
    }
    const issuer = byName.get(name);
    if (issuer === undefined) {
      throw invalid("the token is of no issuer whose tokens are exchanged here");
    }
    return toIdentity(issuer, principal);
  };
}

/** Header `typ` of access tokens (RFC 9068 §2.1); an ID token never has it. */
function isAccessToken(token: string, maxTokenBytes: number): boolean {
  const { typ } = parseCompactJws(token, maxTokenBytes).header;
  return typeof typ === "string" && toShortType(typ) === "at+jwt";
}

function invalid(rule: string): AuthError {
  return new AuthError("CREDENTIALS_INVALID", rule);
}
