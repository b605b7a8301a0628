import type { SignatureAlgorithm } from "./key-source.ts";

/** Which algorithms a public key can verify, by its type and curve (RFC 8725 §3.1). A key is only ever used for these. */
const ALGORITHMS_OF_KEY: ReadonlyMap<string, readonly SignatureAlgorithm[]> = new Map([
  ["EC P-256", ["ES256"]],
  ["EC P-384", ["ES384"]],
  ["EC P-521", ["ES512"]],
  ["OKP Ed25519", ["EdDSA", "Ed25519"]],
  ["RSA ", ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"]],
]);

/** The algorithms that verify with a public key. */
export const PUBLIC_KEY_ALGORITHMS: readonly SignatureAlgorithm[] = [...ALGORITHMS_OF_KEY.values()].flat();

/** Find the algorithms that a key can verify. @param curve its `crv`; undefined where it has none */
export function algorithmsOfKey(kty: string, curve: string | undefined): readonly SignatureAlgorithm[] {
  return ALGORITHMS_OF_KEY.get(`${kty} ${curve ?? ""}`) ?? [];
}

/**
 * Check whether a key that names its algorithm is one for another name of it: `EdDSA` with a key of Ed25519 is the same
 * as `Ed25519` ([RFC 9864 §2.2](https://www.rfc-editor.org/rfc/rfc9864#section-2.2)).
 *
 * @param named the `alg` of a key that can verify `algorithm`
 */
export function isNameOf(named: unknown, algorithm: SignatureAlgorithm): boolean {
  return named === algorithm || (isEd25519(algorithm) && isEd25519(named));
}

function isEd25519(name: unknown): boolean {
  return name === "EdDSA" || name === "Ed25519";
}
