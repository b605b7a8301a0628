/** The algorithms that can ever sign an access token here. `none` cannot be named. */
export type SignatureAlgorithm = "EdDSA" | "ES256" | "PS256" | "RS256" | "HS256" | "HS384" | "HS512";

/** A key that may verify tokens of one issuer, with one algorithm. */
export interface VerificationKey {
  /** The identifier that tokens name it by; undefined when the issuer has a single unnamed key. */
  readonly kid: string | undefined;
  /** The one algorithm that it verifies (RFC 8725 §3.1). */
  readonly algorithm: SignatureAlgorithm;
  /** The key itself, never extractable for secrets. */
  readonly key: CryptoKey;
}

/**
 * Where the keys of one issuer come from.
 *
 * A key object stands for its trust: as long as a source returns the same object from {@link find}, a token
 * that it verified is still good; once it is gone, verdicts made with it are void.
 */
export interface KeySource {
  /**
   * Find the key for a token header.
   *
   * Answers without a promise when the key is known, so that a call under a known key never waits.
   *
   * @param kid the header's `kid`: untrusted, only ever looked up
   * @param algorithm the header's `alg`, already allowed for the issuer
   * @returns the key, or undefined when the issuer has no such key
   * @throws AuthError `AUTH_UNAVAILABLE` when the keys cannot be had just now
   */
  find(
    kid: string | undefined,
    algorithm: SignatureAlgorithm,
  ): VerificationKey | undefined | Promise<VerificationKey | undefined>;

  /** Check whether a key that was returned before is still trusted. */
  isTrusted(key: VerificationKey): boolean;
}
