import type { Clock, Endpoint } from "@countersign/server";
import { createByteBudget, DEFAULT_LIMITS } from "@countersign/server/internal";
import type { ReadProvenKey } from "../services/sender-proof.ts";
import type { SignIn } from "../services/session-sign-in.ts";
import type { TokenExchange } from "../services/token-exchange.ts";
import type { TokenLookup } from "../services/token-lookup.ts";
import type { Sessions } from "../sessions/sessions.ts";
import { createIntrospectionEndpoint } from "./introspection-endpoint.ts";
import { createOAuthEndpoint } from "./oauth-endpoint.ts";
import { createRevocationEndpoint, type RevocationDeps } from "./revocation-endpoint.ts";
import { createTokenEndpoint, TOKEN_PATH } from "./token-endpoint.ts";

/** What the OAuth endpoints work on. */
export interface OAuthEndpointsOptions {
  /** The name of the issuer: claim `iss` of its access tokens, and `iss` of the answers about tokens. */
  readonly issuer: string;
  /** The audience of access tokens, when no other resource is asked for. */
  readonly audience: string;
  /** The further resources that tokens can be asked for. A request for another one is refused. */
  readonly resources: readonly string[];
  /** Authenticates clients, and begins sessions for them and for the subjects of other issuers. */
  readonly signIn: SignIn;
  /** Refreshes sessions, and ends those whose token is revoked. */
  readonly sessions: Pick<Sessions, "refresh" | "end">;
  /** Reads the DPoP proofs of requests for tokens. */
  readonly readProvenKey: ReadProvenKey;
  /** Exchanges tokens (RFC 8693). */
  readonly exchange: TokenExchange;
  /** Finds the session of a token, or `undefined` for one that is no good. */
  readonly findToken: TokenLookup;
  /** Revokes access tokens one by one, and says how many revocations wait to be written. */
  readonly revocations: RevocationDeps["revocations"];
  /** How many tokens of one subject a client may revoke without its session. */
  readonly tokenRevocations: RevocationDeps["tokenRevocations"];
  /** Reads the claim `iss` of a token, without believing it. */
  readonly issuerOf: (token: string) => string | undefined;
  /** Says whether a name is that of another issuer whose tokens are exchanged. */
  readonly isOtherIssuer: (issuer: string) => boolean;
  /** Receives errors that do not reach callers. */
  readonly onError: (error: unknown) => void;
  /** Measures how long a request takes to arrive. */
  readonly clock: Clock;
}

/**
 * Create the OAuth endpoints, by their path, for clients in any language: `/oauth2/token`
 * ([RFC 6749](https://www.rfc-editor.org/rfc/rfc6749)), `/oauth2/revoke` ([RFC 7009](https://www.rfc-editor.org/rfc/rfc7009))
 * and `/oauth2/introspect` ([RFC 7662](https://www.rfc-editor.org/rfc/rfc7662)).
 *
 * A form may have 64 KiB and 10 seconds to arrive, and all that are not whole 16 MiB, on any host.
 * The limits count by the peer that the host names: where it names none, all clients count as one.
 */
export function createOAuthEndpoints(options: OAuthEndpointsOptions): Readonly<Record<string, Endpoint>> {
  const { onError, clock } = options;
  const { maxWaitingFormBytes: maxBytes } = DEFAULT_LIMITS.forms;
  // No host says which connection a form comes over: they are counted in all.
  const budget = createByteBudget({ maxBytes, maxBytesPerConnection: maxBytes });
  const serving = { onError, clock, budget };
  return {
    [TOKEN_PATH]: createOAuthEndpoint(serving, createTokenEndpoint(options)),
    "/oauth2/revoke": createOAuthEndpoint(serving, createRevocationEndpoint(options)),
    "/oauth2/introspect": createOAuthEndpoint(serving, createIntrospectionEndpoint(options)),
  };
}
