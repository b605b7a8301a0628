import type { SignIn } from "../services/session-sign-in.ts";
import type { LiveToken, TokenLookup } from "../services/token-lookup.ts";
import { FIRST_PARTY_CLIENT_ID } from "../sessions/session-options.ts";
import type { Sessions } from "../sessions/sessions.ts";
import type { SubjectLimit } from "../sessions/subject-limit.ts";
import { createUnwrittenError } from "../store/unwritten-revocations.ts";
import { needClient, readCaller } from "./caller.ts";
import type { OAuthAnswer } from "./oauth-endpoint.ts";
import { OAuthError } from "./oauth-error.ts";

/** What the revocation endpoint needs. */
export interface RevocationDeps {
  readonly signIn: Pick<SignIn, "authenticateClient">;
  readonly findToken: TokenLookup;
  readonly sessions: Pick<Sessions, "end">;
  /** How many tokens of one subject a client may revoke without its session. */
  readonly tokenRevocations: SubjectLimit;
  /** Revokes one access token. */
  readonly revocations: {
    /** How many revocations could not be written yet. */
    readonly unwritten: number;
    revoke(order: {
      readonly issuer: string;
      readonly jti: string;
      readonly reason: string;
    }): Promise<unknown>;
  };
}

/**
 * Create the revocation endpoint: `/oauth2/revoke` ([RFC 7009](https://www.rfc-editor.org/rfc/rfc7009)).
 *
 * Either token ends its session, and with it all tokens of the session; a refresh token does so also when it has been
 * replaced, because a client that lost the answer to its last refresh has no other. A token that was exchanged for another's goes
 * alone: the session is not its client's to end. Of those there may be any number in a session, and each is remembered
 * by every gate, so they are limited; the end of a session is not. An unknown token is in order: it cannot be used.
 */
export function createRevocationEndpoint(deps: RevocationDeps): OAuthAnswer {
  return async (request) => {
    const caller = await readCaller(deps.signIn, request);
    const clientId = caller.kind === "first-party" ? FIRST_PARTY_CLIENT_ID : needClient(caller).clientId;
    const token = await deps.findToken(request.form.need("token"), request);
    if (token !== undefined) {
      await revoke(deps, token, clientId);
    } else if (deps.revocations.unwritten > 0) {
      // It may be one that is refused already, though that is not written: RFC 7009 §2.2.1 has the client ask again.
      throw createUnwrittenError(undefined);
    }
    return undefined;
  };
}

async function revoke(
  { sessions, revocations, tokenRevocations }: RevocationDeps,
  token: LiveToken,
  clientId: string,
): Promise<void> {
  const { session } = token;
  const owner = token.kind === "access" ? token.principal.clientId : session.clientId;
  if (owner !== clientId) {
    throw new OAuthError("invalid_grant", "the token was given out to another client");
  }
  if (token.kind === "access" && session.clientId !== clientId) {
    const { issuer, subject, tokenId = "" } = token.principal;
    tokenRevocations.take({ clientId, subject });
    await revocations.revoke({ issuer, jti: tokenId, reason: "signed_out" });
    return;
  }
  const { sessionId, subject } = session;
  await sessions.end({ where: { sessionId, subject }, reason: "signed_out" });
}
