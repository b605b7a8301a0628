import { importJWK, type JWK } from "jose";
import type { SignatureAlgorithm, VerificationKey } from "./key-source.ts";

/** The most keys that one issuer may have: beyond it, a key set is a mistake or an attack. */
export const MAX_KEYS = 100;

/** The least size of an RSA key, in bits ([RFC 7518 §3.3](https://www.rfc-editor.org/rfc/rfc7518#section-3.3)). */
const MIN_RSA_BITS = 2048;

/** Which algorithms a public key can verify, by its type and curve. A key is only ever used for these. */
const ALGORITHMS_OF_KEY: Readonly<Record<string, readonly SignatureAlgorithm[]>> = {
  "EC P-256": ["ES256"],
  "OKP Ed25519": ["EdDSA"],
  "RSA ": ["RS256", "PS256"],
};

/**
 * Import the public signature keys of a JWK Set ([RFC 7517 §5](https://www.rfc-editor.org/rfc/rfc7517#section-5)).
 *
 * Keys for other uses, of other types or with fewer than 2048 RSA bits are passed over, as the RFC asks. An
 * RSA key that names no algorithm stands once for each that it can verify.
 *
 * @param document the parsed document
 * @param algorithms the algorithms that the issuer may use
 * @throws TypeError when the document is not a JWK Set of at most {@link MAX_KEYS} keys
 */
export async function importKeys(
  document: unknown,
  algorithms: readonly SignatureAlgorithm[],
): Promise<readonly VerificationKey[]> {
  const jwks =
    typeof document === "object" && document !== null && "keys" in document ? document.keys : undefined;
  if (!Array.isArray(jwks) || jwks.length > MAX_KEYS) {
    throw new TypeError(`the document is not a JWK Set of at most ${MAX_KEYS} keys`);
  }
  const imported = await Promise.all(jwks.map((jwk: unknown) => importKey(jwk, algorithms)));
  return imported.flat();
}

async function importKey(
  jwk: unknown,
  allowed: readonly SignatureAlgorithm[],
): Promise<readonly VerificationKey[]> {
  if (!isSignatureJwk(jwk)) {
    return [];
  }
  const able = ALGORITHMS_OF_KEY[`${jwk.kty} ${jwk.crv ?? ""}`] ?? [];
  const wanted = able.filter((name) => allowed.includes(name) && (jwk.alg === undefined || jwk.alg === name));
  const keys = await Promise.all(wanted.map((algorithm) => importFor(jwk, algorithm)));
  return keys.filter((key) => key !== undefined);
}

/** Import a key for one algorithm; one that is broken is passed over, so that it does not take the others along. */
async function importFor(jwk: JWK, algorithm: SignatureAlgorithm): Promise<VerificationKey | undefined> {
  try {
    const key = await importJWK(toPublicJwk(jwk), algorithm);
    if (key instanceof Uint8Array || (algorithm.startsWith("R") && !isLargeEnough(key))) {
      return undefined;
    }
    return { kid: jwk.kid, algorithm, key };
  } catch {
    return undefined;
  }
}

/** Keep the members that make a public key: a private one that leaked into a key set is not taken over. */
function toPublicJwk({ kty, crv, x, y, n, e }: JWK): JWK {
  return Object.fromEntries(
    Object.entries({ kty, crv, x, y, n, e }).filter(([, value]) => value !== undefined),
  );
}

function isSignatureJwk(jwk: unknown): jwk is JWK {
  if (typeof jwk !== "object" || jwk === null || !("kty" in jwk) || typeof jwk.kty !== "string") {
    return false;
  }
  const { use, key_ops, kid } = jwk as JWK; // only read, and each checked right here
  const isForSignatures = use === undefined || use === "sig";
  const mayVerify = key_ops === undefined || (Array.isArray(key_ops) && key_ops.includes("verify"));
  return isForSignatures && mayVerify && (kid === undefined || typeof kid === "string");
}

function isLargeEnough(key: CryptoKey): boolean {
  return "modulusLength" in key.algorithm && Number(key.algorithm.modulusLength) >= MIN_RSA_BITS;
}
