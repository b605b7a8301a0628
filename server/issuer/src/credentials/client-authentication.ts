import type { ClientCertificate, Clock } from "@countersign/server";
import { AuthError } from "@countersign/server";
import type { TokenOrigin } from "@countersign/server/internal";
import { type ClientRecord, findClient } from "../store/clients.ts";
import type { Store } from "../store/database.ts";
import { type AssertionCheckOptions, createAssertionCheck } from "./client-assertion.ts";
import { matchesCertificate } from "./client-certificate.ts";
import { isClientId } from "./client-names.ts";
import { matchesClientSecret } from "./client-secret.ts";
import type { TrustedAssertions } from "./trusted-assertions.ts";

/** What a client proves itself with. */
export type ClientCredential =
  | { readonly kind: "secret"; readonly clientId: string; readonly clientSecret: string }
  | { readonly kind: "assertion"; readonly assertion: string }
  | { readonly kind: "certificate"; readonly clientId: string; readonly certificate: ClientCertificate };

/** Finds out which client a credential is of. Where it comes from is for limits. Default: that is not known. */
export type ClientAuthentication = (
  credential: ClientCredential,
  origin?: TokenOrigin,
) => Promise<ClientRecord>;

/** What {@link createClientAuthentication} needs. */
export interface ClientAuthenticationOptions extends AssertionCheckOptions {
  /** Knows the clients that another issuer vouches for; undefined: there is no such issuer. */
  readonly trustedAssertions?: TrustedAssertions | undefined;
}

/**
 * Create the check of clients, by secret, signed assertion, certificate, or the token of another issuer.
 *
 * A client that does not exist, is disabled, or proves itself otherwise is answered like a wrong secret.
 *
 * @returns a function that throws AuthError `CREDENTIALS_INVALID` for anything wrong, and `AUTH_UNAVAILABLE` when the
 *   store cannot be used
 */
export function createClientAuthentication(options: ClientAuthenticationOptions): ClientAuthentication {
  const { trustedAssertions } = options;
  const checkOwn = createAssertionCheck(options);
  const checkAssertion = (assertion: string, origin: TokenOrigin | undefined): Promise<ClientRecord> =>
    trustedAssertions?.claims(assertion) === true
      ? trustedAssertions.check(assertion, origin)
      : checkOwn(assertion);
  return (credential, origin) => {
    switch (credential.kind) {
      case "assertion":
        return checkAssertion(credential.assertion, origin);
      case "certificate":
        return checkCertificate(options, credential.clientId, credential.certificate);
      case "secret":
        return checkSecret(options, credential.clientId, credential.clientSecret);
      default:
        return credential satisfies never;
    }
  };
}

/** [RFC 8705 §2](https://www.rfc-editor.org/rfc/rfc8705#section-2). TLS has proven that the client has the key. */
async function checkCertificate(
  { store }: { readonly store: Store },
  clientId: string,
  certificate: ClientCertificate,
): Promise<ClientRecord> {
  const client = isClientId(clientId) ? await findClient(store, clientId) : undefined;
  if (
    client?.certificate === undefined ||
    client.disabledAtMs !== undefined ||
    !matchesCertificate(client.certificate, certificate)
  ) {
    throw new AuthError("CREDENTIALS_INVALID", "the client could not be authenticated");
  }
  return client;
}

async function checkSecret(
  { store, clock }: { readonly store: Store; readonly clock: Clock },
  clientId: string,
  clientSecret: string,
): Promise<ClientRecord> {
  const client = isClientId(clientId) ? await findClient(store, clientId) : undefined;
  const isOverlap = (client?.previousSecretExpiresAtMs ?? 0) > clock.nowMs();
  const isRight = matchesClientSecret(clientSecret, {
    current: client?.secretHash,
    previous: isOverlap ? client?.previousSecretHash : undefined,
  });
  if (!isRight || client === undefined || client.disabledAtMs !== undefined) {
    throw new AuthError("CREDENTIALS_INVALID", "the client could not be authenticated");
  }
  return client;
}
