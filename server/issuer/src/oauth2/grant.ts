import type { SenderProof } from "../services/sender-proof.ts";
import type { SignIn } from "../services/session-sign-in.ts";
import type { TokenExchange } from "../services/token-exchange.ts";
import type { Sessions } from "../sessions/sessions.ts";
import type { IssuedTokens } from "../sessions/tokens.ts";
import type { Caller } from "./caller.ts";
import type { OAuthRequest } from "./oauth-endpoint.ts";

/** What the grants need. */
export interface GrantDeps {
  readonly signIn: SignIn;
  readonly sessions: Pick<Sessions, "refresh">;
  readonly exchange: TokenExchange;
  /** Reads the claim `iss` of a token, without believing it. */
  readonly issuerOf: (token: string) => string | undefined;
  /** Says whether a name is that of another issuer whose tokens are exchanged. */
  readonly isOtherIssuer: (issuer: string) => boolean;
}

/** What a grant gives. */
export interface Granted {
  readonly tokens: IssuedTokens;
  /** What the access token is, where the answer must say so (RFC 8693 §2.2.1). */
  readonly issuedTokenType?: string;
}

/** A request for tokens, and what its sender has proven: they are bound to it. */
export type TokenRequest = OAuthRequest & SenderProof;

/** Gives out tokens for one grant type. */
export type Grant = (deps: GrantDeps, request: TokenRequest, caller: Caller) => Promise<Granted>;
