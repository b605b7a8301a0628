import {
  type ClaimSources,
  createClaimReaders,
} from "../../../server/gate/src/authenticate/claim-readers.ts";
import { createTrustedIssuers, type TrustedIssuer } from "../../../server/gate/src/authenticate/issuers.ts";
import { AuthError } from "../../../server/gate/src/errors/auth-error.ts";
import { systemClock } from "../../../server/gate/src/kernel/clock.ts";
import { createStaticKeys } from "../../../server/gate/src/keys/static-keys.ts";
import { createSigningKey, type SigningKey } from "../../support/tokens.ts";

/** The key of the issuer of these tests. */
export const issuerKey: SigningKey = createSigningKey("ES256", "key-1");

/** An issuer with that key. */
export function trustedIssuer(overrides: Partial<TrustedIssuer> = {}): TrustedIssuer {
  return {
    issuer: "https://issuer.example",
    audiences: ["ledger"],
    algorithms: ["ES256"],
    types: ["at+jwt"],
    allowMissingType: false,
    maxLifeSeconds: 86_400,
    keys: createStaticKeys({ keys: [issuerKey.jwk] }, ["ES256"]),
    claims: createClaimReaders({}, true),
    identifiedBy: "iss",
    methodAudiences: [],
    rules: { required: new Map(), present: [], forbidden: [] },
    tenants: undefined,
    allowMissing: { issuedAt: false, subject: false, audience: false },
    requireProfileClaims: true,
    hasRevocations: true,
    clock: systemClock,
    onOddClaim: () => undefined,
    ...overrides,
  };
}

/** An issuer with that key that does not follow RFC 9068, nor says which of its tokens are revoked. */
export function externalIssuer(
  overrides: Partial<TrustedIssuer> = {},
  sources: ClaimSources = {},
): TrustedIssuer {
  return trustedIssuer({
    claims: createClaimReaders(sources, false),
    requireProfileClaims: false,
    hasRevocations: false,
    ...overrides,
  });
}

/** The issuers that are trusted: that one, or others. */
export function issuersOf(...issuers: readonly TrustedIssuer[]) {
  return createTrustedIssuers(issuers.length === 0 ? [trustedIssuer()] : issuers);
}

/** Run what must be refused, and say how. */
export async function refusalOf(run: () => unknown): Promise<{ reason: string; message: string }> {
  try {
    await run();
  } catch (error) {
    if (error instanceof AuthError) {
      return { reason: error.reason, message: error.message };
    }
    throw error;
  }
  throw new Error("it was not refused");
}
