import type { JWK } from "jose";
import { importJWK } from "jose/key/import";
import { toFactText, toMembersText } from "../errors/facts.ts";
import { describeFault, modulusBitsOf } from "./jwk-fault.ts";
import type { SignatureAlgorithm, VerificationKey } from "./key-source.ts";
import { usesOf } from "./key-uses.ts";
import { algorithmsOfKey, isNameOf } from "./public-algorithms.ts";

/** The most keys that one issuer may have: beyond it, a key set is a mistake or an attack. */
const MAX_KEYS = 100;

/** What keys beside them are for: nothing is wrong with these. */
const OTHER_USES: readonly string[] = ["enc", "x509-svid"];

/** Imported keys by what they are made of: key material, name and algorithm. */
export type ImportedKeys = ReadonlyMap<string, VerificationKey>;

/** Which keys of a JWK Set are taken. */
export interface CandidateOptions {
  /** The algorithms that the issuer may use. */
  readonly algorithms: readonly SignatureAlgorithm[];
  /** The values of `use` that its keys may have. Default: `sig`. */
  readonly uses?: readonly string[] | undefined;
  /**
   * Called with each key that looks like one for signatures and is passed over none the less: which one it is, and why.
   * Default: nothing learns of it.
   */
  readonly onPassedOver?: ((why: string) => void) | undefined;
}

/** What {@link importKeys} needs beside the document. */
export interface ImportOptions extends CandidateOptions {
  /** Keys that were imported before. One that comes again stays the same object, and so do its verdicts. */
  readonly known?: ImportedKeys;
}

/**
 * Import the public signature keys of a JWK Set ([RFC 7517 §5](https://www.rfc-editor.org/rfc/rfc7517#section-5)).
 *
 * Keys for other uses, of other types, or too weak are passed over, as the RFC asks. A key that names no algorithm
 * stands once for each that it can verify.
 *
 * @param document the parsed document
 * @throws TypeError when the document is not a JWK Set of at most 100 keys
 */
export async function importKeys(document: unknown, options: ImportOptions): Promise<ImportedKeys> {
  const imported = await Promise.all(
    findCandidates(document, options).map(async (candidate) => {
      const { jwk, kid, algorithm } = candidate;
      const print = JSON.stringify([algorithm, kid, toPublicJwk(jwk)]);
      return [print, options.known?.get(print) ?? (await importCandidate(candidate, options))] as const;
    }),
  );
  return new Map(imported.flatMap(([print, key]) => (key === undefined ? [] : [[print, key] as const])));
}

/** A key of a JWK Set, with one algorithm that it could verify. */
interface CandidateKey {
  readonly jwk: JWK;
  readonly kid: string | undefined;
  readonly algorithm: SignatureAlgorithm;
}

/**
 * Find the keys of a JWK Set that say of themselves that they can verify one of the algorithms.
 *
 * @throws TypeError when the document is not a JWK Set of at most 100 keys
 */
export function findCandidates(document: unknown, options: CandidateOptions): readonly CandidateKey[] {
  const { algorithms, uses = usesOf(), onPassedOver } = options;
  const jwks =
    typeof document === "object" && document !== null && "keys" in document ? document.keys : undefined;
  if (!Array.isArray(jwks) || jwks.length > MAX_KEYS) {
    throw new TypeError(`the document is not a JWK Set of at most ${MAX_KEYS} keys`);
  }
  return jwks.flatMap((jwk: unknown) => {
    const why = describeUnfit(jwk);
    if (why !== undefined || !isJwk(jwk)) {
      onPassedOver?.(`${toLabel(jwk)} ${why}`);
      return [];
    }
    if (jwk.use !== undefined && !uses.includes(jwk.use)) {
      if (!OTHER_USES.includes(jwk.use)) {
        onPassedOver?.(`${toLabel(jwk)} has use ${toFactText(jwk.use)}`);
      }
      return [];
    }
    const kid = toKid(jwk.kid);
    return abilitiesOf(jwk)
      .filter((name) => algorithms.includes(name))
      .map((algorithm) => ({ jwk, kid, algorithm }));
  });
}

/**
 * Read the name of a key, as key sets and token headers have it. A number is taken for its digits, and an empty text
 * for no name: both are seen, and a name only ever chooses which keys are tried.
 */
export function toKid(kid: unknown): string | undefined {
  if (typeof kid === "number") {
    return String(kid);
  }
  return typeof kid === "string" && kid !== "" ? kid : undefined;
}

/** Import a key for one algorithm; one that is broken is passed over, so that it does not take the others along. */
async function importCandidate(
  { jwk, kid, algorithm }: CandidateKey,
  { onPassedOver }: CandidateOptions,
): Promise<VerificationKey | undefined> {
  try {
    const key = await importJWK(toPublicJwk(jwk), algorithm);
    const fault = key instanceof Uint8Array ? "it is a secret" : describeFault(jwk, modulusBitsOf(key));
    if (key instanceof Uint8Array || fault !== undefined) {
      onPassedOver?.(`${toLabel(jwk)} is too weak: ${fault}`);
      return undefined;
    }
    return { kid, algorithm, key };
  } catch {
    onPassedOver?.(`${toLabel(jwk)} cannot be imported for ${algorithm}`);
    return undefined;
  }
}

/** Keep the members that make a public key: a private one that leaked into a key set is not taken over. */
function toPublicJwk({ kty, crv, x, y, n, e }: JWK): JWK {
  return Object.fromEntries(
    Object.entries({ kty, crv, x, y, n, e }).filter(([, value]) => value !== undefined),
  );
}

function isJwk(jwk: unknown): jwk is JWK {
  return typeof jwk === "object" && jwk !== null && "kty" in jwk && typeof jwk.kty === "string";
}

/** The algorithms that a key may verify, by what it is and what it says of itself. */
function abilitiesOf({ kty, crv, alg }: JWK): readonly SignatureAlgorithm[] {
  return algorithmsOfKey(kty ?? "", crv).filter((name) => alg === undefined || isNameOf(alg, name));
}

/** Say why a key can verify nothing. One for another use is as it should be. */
function describeUnfit(jwk: unknown): string | undefined {
  if (!isJwk(jwk)) {
    return "is no JWK: it has no kty";
  }
  if (OTHER_USES.includes(jwk.use ?? "")) {
    return undefined;
  }
  const { kty, crv, alg, kid, key_ops } = jwk;
  if (!(kid === undefined || kid === null || ["string", "number"].includes(typeof kid))) {
    return "has a kid that is neither text nor a number";
  }
  if (key_ops !== undefined && !(Array.isArray(key_ops) && key_ops.includes("verify"))) {
    return "has key_ops without verify";
  }
  if (kty === "RSA" && jwk.n === undefined) {
    return "has no modulus n";
  }
  if (algorithmsOfKey(kty ?? "", crv).length === 0) {
    return `is of type ${toMembersText([kty, crv].filter((part) => part !== undefined))}, which verifies nothing here`;
  }
  return abilitiesOf(jwk).length === 0
    ? `has alg ${toFactText(alg)}, which its type cannot verify`
    : undefined;
}

/** Say which key it is. The name is the issuer's, and may be anything. */
function toLabel(jwk: unknown): string {
  const kid = isJwk(jwk) ? toKid(jwk.kid) : undefined;
  return kid === undefined ? "a key without kid" : `the key ${JSON.stringify(toFactText(kid))}`;
}
