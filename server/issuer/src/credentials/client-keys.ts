import type { SignatureAlgorithm } from "@countersign/server";
import { importKeys } from "@countersign/server/internal";

/** The algorithms that a client may sign assertions with. */
export const ASSERTION_ALGORITHMS: readonly SignatureAlgorithm[] = ["ES256", "EdDSA", "PS256", "RS256"];

/** The largest key set of a client, in characters. */
const MAX_JWKS_CHARS = 65_536;

/** Members that make a key more than public (RFC 7518 §6). */
const SECRET_MEMBERS = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"] as const;

/**
 * Check the public keys of a client, as an operator gives them: a JWK Set, or a single JWK.
 *
 * @returns the JWK Set for the store, as JSON
 * @throws Error when it is no key set, has a secret in it, or has no key that can sign assertions
 */
export async function parseClientKeys(json: string): Promise<string> {
  const document = parseJwks(json);
  if (document.keys.some((key) => SECRET_MEMBERS.some((name) => Object.hasOwn(key, name)))) {
    throw new Error("the keys of a client must be public: a member that is secret was found");
  }
  const keys = await importKeys(document, { algorithms: ASSERTION_ALGORITHMS });
  if (keys.size === 0) {
    throw new Error(`none of the keys is usable with ${ASSERTION_ALGORITHMS.join(", ")}`);
  }
  return JSON.stringify(document);
}

function parseJwks(json: string): { readonly keys: readonly object[] } {
  const value: unknown = json.length > MAX_JWKS_CHARS ? undefined : parseJson(json);
  if (typeof value === "object" && value !== null) {
    const keys: unknown = "keys" in value ? value.keys : [value];
    if (Array.isArray(keys) && keys.every((key) => typeof key === "object" && key !== null)) {
      return { keys };
    }
  }
  throw new Error("the keys of a client must be a JWK Set (RFC 7517)");
}

function parseJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
