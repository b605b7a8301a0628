import type { Principal, TokenBinding } from "../authenticate/principal.ts";
import type { AuthError } from "../errors/auth-error.ts";
import { createRefusal } from "../errors/refusal.ts";
import { after } from "../kernel/after.ts";
import type { CertificateHolder } from "../kernel/client-certificate.ts";
import type { Clock } from "../kernel/clock.ts";
import { assertCertificate } from "./assert-certificate.ts";
import type { ProofSettings } from "./proof-settings.ts";
import { createProofVerifier } from "./proof-verifier.ts";

/** What a call with a token shows of its sender. */
export interface SentProof {
  /** The value of header `DPoP`; null: there is none. Undefined: the token came as a bearer token, and no proof is looked at. */
  readonly proof: string | null | undefined;
  /** Whether the header was sent more than once. */
  readonly isRepeated: boolean;
  readonly httpMethod: string;
  /** `/package.Service/Method`. */
  readonly path: string;
  readonly accessToken: string;
  /** Has the certificate of the client, if it has shown one. */
  readonly holder: CertificateHolder;
}

/**
 * Asserts that a token is sent by the party that it is bound to, and in the way of its kind. Without a promise on Node.
 *
 * @throws AuthError `TOKEN_INVALID` when the token is bound and came as a bearer token, or the other way round, and what
 *   {@link createProofVerifier} makes throws
 */
export type SenderCheck = (principal: Principal, sent: SentProof) => void | Promise<void>;

/** Create what asserts that, with a memory of its own of the proofs that it takes. */
export function createSenderCheck(
  { publicUrls, windowSeconds, maxRemembered, nonces }: ProofSettings,
  clock: Clock,
): SenderCheck {
  const proofs =
    publicUrls.length === 0
      ? undefined
      : createProofVerifier({ publicUrls, windowSeconds, maxRemembered, nonces, clock });
  return ({ binding }, sent) => {
    if (sent.proof === undefined) {
      return assertBearer(binding, sent.holder);
    }
    if (binding?.kind !== "dpop") {
      throw refuseSender(
        "the token is bound to no key and was sent with a DPoP proof",
        "claim cnf",
        binding?.kind,
      );
    }
    if (proofs === undefined) {
      throw createRefusal("TOKEN_INVALID", "the server has no public URL to check DPoP proofs by", {
        facts: {
          check: "proof_url",
          expected: "option publicUrls with the URLs of this server",
          got: undefined,
        },
      });
    }
    const expected = { expectedThumbprint: binding.jwkThumbprint };
    return after(proofs.verify({ ...sent, ...expected }), () => undefined);
  };
}

/** Assert that a token which came without a proof needs none. */
function assertBearer(binding: TokenBinding | undefined, holder: CertificateHolder): void {
  if (binding?.kind === "dpop") {
    // RFC 9449 §7.2: a token bound to a key is worth nothing without the proof.
    const expected = "authorization: DPoP …, and a proof";
    throw refuseSender("the token is bound to a key and was sent as a bearer token", expected, binding.kind);
  }
  if (binding?.kind === "mtls") {
    assertCertificate(binding.certificateThumbprint, holder);
  }
}

function refuseSender(rule: string, expected: string, got: string | undefined): AuthError {
  return createRefusal("TOKEN_INVALID", rule, { facts: { check: "sender", expected, got } });
}
