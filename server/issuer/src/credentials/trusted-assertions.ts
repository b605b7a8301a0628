import type { FactsInput } from "@countersign/server";
import { AuthError } from "@countersign/server";
import type { TokenOrigin, TrustedIssuer } from "@countersign/server/internal";
import { findClientIdBySubject } from "../store/client-subjects.ts";
import { type ClientRecord, findClient } from "../store/clients.ts";
import type { Store } from "../store/database.ts";
import { assertRequiredClaims, type FederatedIssuer } from "./federated-identity.ts";
import { createFederatedTokens, type FederatedTokensOptions } from "./federated-tokens.ts";

/** What {@link createTrustedAssertions} needs. */
export interface TrustedAssertionsOptions extends Omit<FederatedTokensOptions, "issuers"> {
  readonly issuers: readonly FederatedIssuer[];
  readonly store: Store;
  /** What claim `aud` may name: this server as an authorization server, and nothing else, of it or of others. */
  readonly audiences: readonly string[];
}

/** Finds out which client the token of another issuer stands for. */
export interface TrustedAssertions {
  /** Whether an assertion says that it is of one of the issuers, which its signature has yet to prove. */
  claims(assertion: string): boolean;
  /** @throws AuthError `CREDENTIALS_INVALID` for anything wrong, `AUTH_UNAVAILABLE` when keys, what is revoked, or the store cannot be had */
  check(assertion: string, origin?: TokenOrigin): Promise<ClientRecord>;
}

/** Header `typ` of access tokens (RFC 9068 §2.1), which never authenticate a client (RFC 8725 §3.11). */
const ACCESS_TOKEN_TYPE = "at+jwt";

/** What assertions are when nothing is declared but access tokens. */
const DEFAULT_TYPES: readonly string[] = ["jwt"];

/**
 * Create the check of clients that another issuer vouches for: workloads without a secret of their own
 * ([RFC 7523 §2.2](https://www.rfc-editor.org/rfc/rfc7523#section-2.2)).
 *
 * A client is one when its operator has declared the subject of the token to be it. The token may be used until it
 * expires: the platform writes one to a file, and the workload sends it with each request.
 */
export function createTrustedAssertions(options: TrustedAssertionsOptions): TrustedAssertions | undefined {
  const { issuers, revocations, store, clock, toleranceSeconds, maxTokenBytes, audiences } = options;
  if (issuers.length === 0) {
    return undefined;
  }
  const byName = new Map(issuers.map((issuer) => [issuer.trusted.issuer, issuer]));
  const tokens = createFederatedTokens({
    issuers: issuers.map(({ trusted }) => toAssertionIssuer(trusted, audiences)),
    revocations,
    clock,
    toleranceSeconds,
    maxTokenBytes,
  });
  return {
    claims: (assertion) => tokens.claims(assertion),
    async check(assertion, origin) {
      const { principal, issuer: name } = await tokens.verify(assertion, origin);
      const issuer = byName.get(name);
      if (issuer === undefined) {
        throw unknownClient();
      }
      assertRequiredClaims(issuer, principal);
      if (!principal.audience.every((name) => audiences.includes(name))) {
        // As for assertions that clients sign: what is meant for another server too could be replayed by it.
        throw unknownClient({ check: "audience", expected: audiences, got: principal.audience });
      }
      if (principal.actor !== undefined) {
        // Another party acts for the subject (RFC 8693 §4.1): it does not become the client.
        throw unknownClient({ check: "actor", got: principal.actor.subject });
      }
      if (principal.binding !== undefined) {
        // The client proves no key here: a thief of the token would pass for it.
        throw unknownClient({ check: "binding", expected: "no claim cnf", got: principal.binding.kind });
      }
      const subject = { issuer: principal.issuer, subject: principal.subject };
      const clientId = await findClientIdBySubject(store, subject);
      const client = clientId === undefined ? undefined : await findClient(store, clientId);
      if (client?.trust === undefined || client.disabledAtMs !== undefined || hasOtherProof(client)) {
        throw unknownClient({ check: "client", got: principal.subject });
      }
      return client;
    },
  };
}

/** A token that calls are made with is meant for another audience, and is of another type. */
function toAssertionIssuer(issuer: TrustedIssuer, audiences: readonly string[]): TrustedIssuer {
  const types = issuer.types.filter((type) => type !== ACCESS_TOKEN_TYPE);
  return {
    ...issuer,
    audiences,
    methodAudiences: [],
    types: types.length === 0 ? DEFAULT_TYPES : types,
    allowMissing: { ...issuer.allowMissing, audience: false, subject: false },
  };
}

/** A program of the release before has given it another proof, and knows nothing of this one. */
function hasOtherProof({ jwks, secretHash, certificate }: ClientRecord): boolean {
  return jwks !== undefined || secretHash !== undefined || certificate !== undefined;
}

function unknownClient(facts?: FactsInput): AuthError {
  return new AuthError("CREDENTIALS_INVALID", "the client could not be authenticated", { facts });
}
