import { importJWK, type JWK } from "jose";
import { describeFault } from "./jwk-fault.ts";
import type { SignatureAlgorithm, VerificationKey } from "./key-source.ts";

/** The most keys that one issuer may have: beyond it, a key set is a mistake or an attack. */
const MAX_KEYS = 100;

/** Which algorithms a public key can verify, by its type and curve. A key is only ever used for these. */
const ALGORITHMS_OF_KEY: Readonly<Record<string, readonly SignatureAlgorithm[]>> = {
  "EC P-256": ["ES256"],
  "OKP Ed25519": ["EdDSA"],
  "RSA ": ["RS256", "PS256"],
};

/** Imported keys by what they are made of: key material, name and algorithm. */
export type ImportedKeys = ReadonlyMap<string, VerificationKey>;

/** What {@link importKeys} needs beside the document. */
export interface ImportOptions {
  /** The algorithms that the issuer may use. */
  readonly algorithms: readonly SignatureAlgorithm[];
  /** Keys that were imported before. One that comes again stays the same object, and so do its verdicts. */
  readonly known?: ImportedKeys;
}

/**
 * Import the public signature keys of a JWK Set ([RFC 7517 §5](https://www.rfc-editor.org/rfc/rfc7517#section-5)).
 *
 * Keys for other uses, of other types, or too weak are passed over, as the RFC asks. An RSA key that names no
 * algorithm stands once for each that it can verify.
 *
 * @param document the parsed document
 * @throws TypeError when the document is not a JWK Set of at most 100 keys
 */
export async function importKeys(document: unknown, options: ImportOptions): Promise<ImportedKeys> {
  const candidates = findCandidates(document, options.algorithms);
  const imported = await Promise.all(
    candidates.map(async ({ jwk, algorithm }) => {
      const print = JSON.stringify([algorithm, jwk.kid, toPublicJwk(jwk)]);
      return [print, options.known?.get(print) ?? (await importFor(jwk, algorithm))] as const;
    }),
  );
  return new Map(imported.flatMap(([print, key]) => (key === undefined ? [] : [[print, key] as const])));
}

/** A key of a JWK Set, with one algorithm that it could verify. */
interface CandidateKey {
  readonly jwk: JWK;
  readonly algorithm: SignatureAlgorithm;
}

/**
 * Find the keys of a JWK Set that say of themselves that they can verify one of the algorithms.
 *
 * @throws TypeError when the document is not a JWK Set of at most 100 keys
 */
export function findCandidates(
  document: unknown,
  algorithms: readonly SignatureAlgorithm[],
): readonly CandidateKey[] {
  const jwks =
    typeof document === "object" && document !== null && "keys" in document ? document.keys : undefined;
  if (!Array.isArray(jwks) || jwks.length > MAX_KEYS) {
    throw new TypeError(`the document is not a JWK Set of at most ${MAX_KEYS} keys`);
  }
  return jwks.filter(isSignatureJwk).flatMap((jwk) => {
    const able = ALGORITHMS_OF_KEY[`${jwk.kty} ${jwk.crv ?? ""}`] ?? [];
    return able
      .filter((name) => algorithms.includes(name) && (jwk.alg === undefined || jwk.alg === name))
      .map((algorithm) => ({ jwk, algorithm }));
  });
}

/** Import a key for one algorithm; one that is broken is passed over, so that it does not take the others along. */
async function importFor(jwk: JWK, algorithm: SignatureAlgorithm): Promise<VerificationKey | undefined> {
  try {
    const key = await importJWK(toPublicJwk(jwk), algorithm);
    return key instanceof Uint8Array || describeFault(jwk, key) !== undefined
      ? undefined
      : { kid: jwk.kid, algorithm, key };
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
