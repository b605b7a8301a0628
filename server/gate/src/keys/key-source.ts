/** The algorithms that can ever sign an access token here. `none` cannot be named. */
export type SignatureAlgorithm =
  | "EdDSA"
  | "Ed25519"
  | "ES256"
  | "ES384"
  | "ES512"
  | "PS256"
  | "PS384"
  | "PS512"
  | "RS256"
  | "RS384"
  | "RS512"
  | "HS256"
  | "HS384"
  | "HS512";

/** A key that may verify tokens of one issuer, with one algorithm. */
export interface VerificationKey {
  /** The identifier that tokens name it by; undefined when its issuer gave it none. */
  readonly kid: string | undefined;
  /** The one algorithm that it verifies (RFC 8725 §3.1). */
  readonly algorithm: SignatureAlgorithm;
  /** The key itself, never extractable for secrets. */
  readonly key: CryptoKey;
}

/** What a source has for the header of a token: a key, several of which one may have signed it, or none. */
export type FoundKeys = VerificationKey | readonly VerificationKey[] | undefined;

/**
 * Where the keys of one issuer come from. A source of yours needs `find` and `isTrusted`; the other methods are for
 * keys that are fetched.
 *
 * A key object stands for its trust: as long as {@link isTrusted} is true of it, a token that it verified is still
 * good; once it is not, verdicts made with it are void.
 */
export interface KeySource {
  /**
   * Find the keys for a token header. At most four are tried, in their order.
   *
   * Answers without a promise when the keys are known, so that a call under a known key never waits.
   *
   * @param kid the header's `kid`: untrusted, only ever looked up
   * @param algorithm the header's `alg`, already allowed for the issuer
   * @returns the key, or all that fit when the header does not tell them apart; undefined when the issuer has none
   * @throws AuthError `AUTH_UNAVAILABLE` when the keys cannot be had just now. Whatever else a source of yours throws or
   *   rejects with is the `cause` of an error that `onError` gets, and the call gets `AUTH_UNAVAILABLE`
   */
  find(kid: string | undefined, algorithm: SignatureAlgorithm): FoundKeys | Promise<FoundKeys>;

  /** Check whether a key that was returned before is still trusted. */
  isTrusted(key: VerificationKey): boolean;

  /**
   * Find the keys for a token header among those at hand, and fetch none. With several sources for one issuer, each is
   * asked this before any is asked to {@link find}. Default: `find` is asked alone.
   */
  findKnown?(kid: string | undefined, algorithm: SignatureAlgorithm): FoundKeys;

  /**
   * Find the keys for a token header once more, after none of those that were found has verified the signature: the
   * issuer may have put a new key under an old name. A stranger can cause this with every call: ask the issuer rarely.
   *
   * @param tried the keys that have not verified it
   * @returns those that fit now; undefined when the issuer was not asked, or has none
   * @throws AuthError `AUTH_UNAVAILABLE` when there may be another key, and it cannot be had just now
   */
  findAgain?(
    kid: string | undefined,
    algorithm: SignatureAlgorithm,
    tried: readonly VerificationKey[],
  ): FoundKeys | Promise<FoundKeys>;

  /** Whether one of its keys is a shared secret: an issuer may only then sign with HS256, HS384 or HS512. Default: false. */
  readonly hasSharedSecret?: boolean;

  /** Fetch the keys ahead of the first call, where the platform allows that. What goes wrong is for `find` to report. */
  prefetch?(): void;

  /** Say why the keys could not be fetched the last time; undefined: nothing is wrong. */
  failure?(): string | undefined;
}
