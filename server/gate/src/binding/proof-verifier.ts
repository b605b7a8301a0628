import type { AuthError } from "../errors/auth-error.ts";
import { createRefusal } from "../errors/refusal.ts";
import { after } from "../kernel/after.ts";
import type { Clock } from "../kernel/clock.ts";
import { createProofCrypto, type ProofCrypto } from "./proof-crypto.ts";
import { createProofKeys } from "./proof-keys.ts";
import { createNonces, type Nonces } from "./proof-nonces.ts";
import { refuseProof } from "./proof-refusal.ts";
import type { ProofSettings } from "./proof-settings.ts";
import { isUnderOneOf } from "./public-urls.ts";
import { readProof, type UnverifiedProof } from "./read-proof.ts";
import { createRememberedProofs } from "./remembered-proofs.ts";

/** What {@link createProofVerifier} needs. */
export interface ProofVerifierOptions extends ProofSettings {
  /** The time. */
  readonly clock: Pick<Clock, "nowMs" | "monotonicMs">;
}

/** A call that is to come with a proof. */
export interface ProofInput {
  /** The value of header `DPoP`; null or undefined: the call has none. */
  readonly proof: string | null | undefined;
  /** Whether the header was sent more than once. */
  readonly isRepeated: boolean;
  /** The method of HTTP. */
  readonly httpMethod: string;
  /** Where the call goes, under a public URL: `/pkg.Service/Method` or `/oauth2/token`. */
  readonly path: string;
  /** The access token that the call is made with. Default: it is made with none. */
  readonly accessToken?: string | undefined;
  /** The thumbprint of the key that the proof must be of. Default: any key will do. */
  readonly expectedThumbprint?: string | undefined;
}

/** A proof that is good. */
export interface Proof {
  /** The thumbprint of its key ([RFC 7638](https://www.rfc-editor.org/rfc/rfc7638)), in base64url. */
  readonly jwkThumbprint: string;
}

/** Verifies DPoP proofs. */
export interface ProofVerifier {
  /**
   * Verify the proof of a call, which is then used up. Without a promise on Node.
   *
   * @throws AuthError `DPOP_PROOF_INVALID`; `DPOP_NONCE_REQUIRED` with the nonce in metadata `nonce`; `RATE_LIMITED` when
   *   too many proofs are remembered
   */
  verify(input: ProofInput): Proof | Promise<Proof>;
}

/** How long to wait for room, in milliseconds: it comes as proofs are forgotten. */
const RETRY_AFTER_MS = 1_000;

/** So much of a hash that no two proofs have it in common, and so short that it is kept as a copy. */
const ID_CHARS = 12;

/**
 * Create what verifies the proofs of a server, by the twelve checks of
 * [RFC 9449 §4.3](https://www.rfc-editor.org/rfc/rfc9449#section-4.3). What costs least is looked at first, and the
 * signature before the proof is remembered.
 */
export function createProofVerifier(options: ProofVerifierOptions): ProofVerifier {
  const { publicUrls, clock, windowSeconds, maxRemembered, nonces } = options;
  const crypto = createProofCrypto();
  const checkSignature = createProofKeys(crypto);
  const findNonces = nonces && createNonces(nonces, crypto, clock);
  const remembered = createRememberedProofs({
    lifeMs: 2 * windowSeconds * 1_000,
    maxProofs: maxRemembered,
    monotonicMs: () => clock.monotonicMs(),
  });

  const remember = ({ jti }: UnverifiedProof["claims"], jwkThumbprint: string): Proof | Promise<Proof> =>
    after(crypto.hash(`${jwkThumbprint} ${jti}`), (id) => {
      assertNew(remembered.add(id.slice(0, ID_CHARS)), maxRemembered);
      return { jwkThumbprint };
    });
  const verifyKey = (proof: UnverifiedProof, { expectedThumbprint }: ProofInput): Proof | Promise<Proof> =>
    after(crypto.hash(JSON.stringify(proof.publicJwk)), (jwkThumbprint) => {
      if (expectedThumbprint !== undefined && expectedThumbprint !== jwkThumbprint) {
        throw refuseProof("the DPoP proof is of another key", {
          check: "proof",
          expected: `a key of thumbprint ${expectedThumbprint}`,
          got: jwkThumbprint,
        });
      }
      return after(checkSignature(proof, jwkThumbprint), (isGood) => {
        assertSignature(isGood, proof);
        return remember(proof.claims, jwkThumbprint);
      });
    });
  return {
    verify(input) {
      const proof = readProof(theOnlyProof(input));
      assertCall(proof.claims, input, publicUrls);
      assertTime(proof.claims, clock.nowMs() / 1_000, windowSeconds);
      return after(findNonces?.(), (known) => {
        assertNonce(proof.claims, known);
        return after(hashToken(input.accessToken, crypto), (ath) => {
          assertToken(proof.claims, ath);
          return verifyKey(proof, input);
        });
      });
    },
  };
}

function theOnlyProof({ proof, isRepeated }: ProofInput): string {
  if (proof === null || proof === undefined) {
    throw refuseProof("the call needs a DPoP proof", {
      check: "proof_missing",
      expected: "one header dpop",
      got: undefined,
    });
  }
  if (isRepeated) {
    throw refuseProof("the call has more than one DPoP proof", {
      check: "proof",
      expected: "one header dpop",
      got: "more than one",
    });
  }
  return proof;
}

function assertCall(
  { htm, htu }: UnverifiedProof["claims"],
  input: ProofInput,
  publicUrls: readonly string[],
) {
  const { httpMethod, path } = input;
  if (htm !== httpMethod) {
    throw refuseProof("claim htm is not the method of the request", {
      check: "proof",
      expected: httpMethod,
      got: htm,
    });
  }
  if (!isUnderOneOf(publicUrls, path, htu)) {
    throw refuseProof("claim htu is not the URL of the call", {
      check: "proof_url",
      expected: () => publicUrls.map((url) => url + path),
      got: htu,
    });
  }
}

function assertTime({ iat }: UnverifiedProof["claims"], nowSeconds: number, windowSeconds: number): void {
  const ageSeconds = nowSeconds - iat;
  if (!(Math.abs(ageSeconds) <= windowSeconds)) {
    throw refuseProof("claim iat is too far from now", {
      check: "proof_time",
      expected: `at most ${windowSeconds} seconds from now`,
      got:
        ageSeconds > 0 ? `${Math.round(ageSeconds)} seconds ago` : `${Math.round(-ageSeconds)} seconds ahead`,
    });
  }
}

function assertNonce({ nonce }: UnverifiedProof["claims"], nonces: Nonces | undefined): void {
  if (nonces !== undefined && !nonces.has(nonce)) {
    throw createRefusal("DPOP_NONCE_REQUIRED", "the DPoP proof needs a nonce of this server", {
      metadata: { nonce: nonces.current },
      facts: {
        check: "proof_nonce",
        expected: "a nonce of this server that is not too old",
        got: nonce === undefined ? undefined : "another one",
      },
    });
  }
}

function hashToken(
  token: string | undefined,
  crypto: ProofCrypto,
): string | undefined | Promise<string | undefined> {
  return token === undefined ? undefined : crypto.hash(token);
}

function assertToken({ ath }: UnverifiedProof["claims"], expected: string | undefined): void {
  if (expected !== undefined && ath !== expected) {
    throw refuseProof("claim ath is not the hash of the access token", {
      check: "proof",
      expected: "the SHA-256 of the access token, in base64url",
      got: ath === undefined ? undefined : "something else",
    });
  }
}

function assertSignature(isGood: boolean, { algorithm }: UnverifiedProof): void {
  if (!isGood) {
    throw refuseProof("the signature of the DPoP proof does not verify", {
      check: "proof",
      expected: "a signature of the key in header jwk",
      got: `alg ${algorithm}`,
    });
  }
}

function assertNew(added: "new" | "known" | "full", maxRemembered: number): void {
  if (added === "known") {
    throw refuseProof("the DPoP proof was used before", {
      check: "proof_replay",
      expected: "a claim jti of its own",
      got: "one that was used before",
    });
  }
  if (added === "full") {
    throw createTooManyProofsError(maxRemembered);
  }
}

function createTooManyProofsError(maxRemembered: number): AuthError {
  return createRefusal("RATE_LIMITED", "too many calls with a DPoP proof of late", {
    retryAfterMs: RETRY_AFTER_MS,
    facts: { check: "rate", expected: `at most ${maxRemembered} remembered proofs`, got: "more" },
  });
}
