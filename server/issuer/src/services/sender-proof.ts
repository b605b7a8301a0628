import { AuthError, type Principal, type TokenBinding } from "@countersign/server";
import type { ProofVerifier } from "@countersign/server/internal";

/** A call that may come with a DPoP proof. */
export interface ProvableCall {
  readonly headers: Headers;
  /** The method of HTTP. */
  readonly httpMethod: string;
  /** Where it goes, under a public URL: `/pkg.Service/Method` or `/oauth2/token`. */
  readonly path: string;
}

/**
 * Finds the key that the tokens of a call are to be bound to; undefined: the call has no proof of one.
 *
 * @throws AuthError `DPOP_PROOF_INVALID`, `DPOP_NONCE_REQUIRED`, or `RATE_LIMITED` when too many proofs are remembered
 */
export type ReadProvenKey = (call: ProvableCall) => Promise<TokenBinding | undefined>;

/** Create what reads the proofs of calls for tokens ([RFC 9449 §5](https://www.rfc-editor.org/rfc/rfc9449#section-5)). */
export function createProvenKeyReader(verifier: ProofVerifier): ReadProvenKey {
  return async ({ headers, httpMethod, path }) => {
    const proof = headers.get("dpop");
    if (proof === null) {
      return undefined;
    }
    // A header that stands twice is joined so. No JWT has a comma.
    const isRepeated = proof.includes(",");
    const { jwkThumbprint } = await verifier.verify({ proof, isRepeated, httpMethod, path });
    return { kind: "dpop", jwkThumbprint };
  };
}

/** What the sender of a token has proven to hold. */
export interface SenderProof {
  /** The key that it has proven; undefined: none. */
  readonly binding?: TokenBinding | undefined;
  /** The thumbprint of the certificate that it has shown; undefined: none. */
  readonly certificateThumbprint?: string | undefined;
}

/**
 * Assert that a token that is exchanged comes from whom it is bound to: otherwise a thief would get one that is bound to
 * nothing, or to a key of its own.
 *
 * @throws AuthError `CREDENTIALS_INVALID` when it does not
 */
export function assertSender({ binding }: Principal, sender: SenderProof): void {
  if (binding !== undefined && !isProven(binding, sender)) {
    throw new AuthError("CREDENTIALS_INVALID", "the token is bound to a key that its sender has not proven");
  }
}

function isProven(needed: TokenBinding, { binding, certificateThumbprint }: SenderProof): boolean {
  return needed.kind === "dpop"
    ? binding?.kind === "dpop" && binding.jwkThumbprint === needed.jwkThumbprint
    : certificateThumbprint === needed.certificateThumbprint;
}
