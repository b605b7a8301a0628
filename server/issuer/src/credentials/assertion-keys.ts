import { randomBytes } from "node:crypto";
import type { FoundKeys, KeySource, SignatureAlgorithm } from "@countersign/server";
import { createStaticKeys } from "@countersign/server/internal";
import { exportJWK, generateKeyPair } from "jose";
import { LRUCache } from "lru-cache";
import type { ClientRecord } from "../store/clients.ts";
import { ASSERTION_ALGORITHMS } from "./client-keys.ts";

/** The keys that assertions are verified with. */
export interface AssertionKeys {
  /**
   * The keys of a client. Where it has none that fits, or there is no client, a key that has signed nothing: the answer
   * then takes as long as that to a wrong signature.
   */
  of(client: ClientRecord | undefined): Pick<KeySource, "find">;
}

/** Imported keys are small; clients are few. */
const MAX_CLIENTS = 1_000;

/** Create the keeper of the keys of clients. A key set is imported once. */
export function createAssertionKeys(): AssertionKeys {
  const sources = new LRUCache<string, KeySource>({ max: MAX_CLIENTS });
  const decoys = createDecoys();
  const sourceOf = (jwks: string): KeySource => {
    const known = sources.get(jwks);
    if (known !== undefined) {
      return known;
    }
    const source = createStaticKeys(JSON.parse(jwks), ASSERTION_ALGORITHMS);
    sources.set(jwks, source);
    return source;
  };
  return {
    of: (client) => ({
      async find(kid, algorithm) {
        const decoy = await decoys.find(undefined, algorithm);
        const own = client?.jwks === undefined ? undefined : await sourceOf(client.jwks).find(kid, algorithm);
        return own ?? decoy;
      },
    }),
  };
}

/** One key of each kind whose private half was thrown away. */
function createDecoys(): Pick<KeySource, "find"> {
  const made = new Map<SignatureAlgorithm, Promise<FoundKeys>>();
  return {
    find(_, algorithm) {
      const known = made.get(algorithm) ?? makeDecoy(algorithm);
      made.set(algorithm, known);
      return known;
    },
  };
}

async function makeDecoy(algorithm: SignatureAlgorithm): Promise<FoundKeys> {
  const jwk =
    algorithm === "RS256" || algorithm === "PS256"
      ? { kty: "RSA", n: randomModulus(), e: "AQAB" }
      : await exportJWK((await generateKeyPair(algorithm, { extractable: true })).publicKey);
  const source = createStaticKeys({ keys: [{ ...jwk, alg: algorithm }] }, [algorithm]);
  return source.find(undefined, algorithm);
}

/** A number of 2048 bits that is as good as a modulus when nothing ever verifies; finding primes would take long. */
function randomModulus(): string {
  const bytes = randomBytes(256);
  bytes[0] = (bytes[0] ?? 0) | 0x80;
  bytes[255] = (bytes[255] ?? 0) | 0x01;
  return bytes.toString("base64url");
}
