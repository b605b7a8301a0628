import type { ClientKeyChange, ClientRecord } from "../store/clients.ts";
import { assertCertificateRule } from "./client-certificate.ts";
import { parseClientKeys } from "./client-keys.ts";
import { createClientSecret, hashClientSecret } from "./client-secret.ts";
import { assertTrust } from "./client-trust.ts";

/** What is given for a client to prove itself with: at most one. */
type GivenProof = Partial<Pick<ClientRecord, "certificate" | "jwks" | "trust">>;

/** What a client proves itself with: its keys, tokens of another issuer, a certificate, or a secret that is made for it. */
export interface ClientProof extends Pick<ClientRecord, "certificate" | "jwks" | "secretHash" | "trust"> {
  readonly secret: string | undefined;
}

const NO_PROOF: ClientProof = {
  jwks: undefined,
  trust: undefined,
  certificate: undefined,
  secretHash: undefined,
  secret: undefined,
};

/**
 * Create what a client proves itself with.
 *
 * @param given with nothing in it, a secret is made
 * @throws Error when more than one proof is given, or it is no good
 */
export async function createProof({ jwks, trust, certificate }: GivenProof): Promise<ClientProof> {
  if ([jwks, trust, certificate].filter((proof) => proof !== undefined).length > 1) {
    throw new Error(
      "a client has keys, another issuer that vouches for it, or a certificate, and one of these only",
    );
  }
  if (jwks !== undefined) {
    return { ...NO_PROOF, jwks: await parseClientKeys(jwks) };
  }
  if (trust !== undefined) {
    assertTrust(trust);
    return { ...NO_PROOF, trust: { issuer: trust.issuer, subjects: [...new Set(trust.subjects)] } };
  }
  if (certificate !== undefined) {
    assertCertificateRule(certificate);
    return { ...NO_PROOF, certificate };
  }
  const secret = createClientSecret();
  return { ...NO_PROOF, secret, secretHash: hashClientSecret(secret) };
}

/** Write a proof as a change of the one before. @param previousExpiresAtMs how long a secret before stays good */
export function toKeyChange(
  { jwks, trust, certificate, secretHash = "" }: ClientProof,
  previousExpiresAtMs: number,
): ClientKeyChange {
  if (jwks !== undefined) {
    return { jwks };
  }
  if (trust !== undefined) {
    return { trust };
  }
  return certificate === undefined ? { secretHash, previousExpiresAtMs } : { certificate };
}
