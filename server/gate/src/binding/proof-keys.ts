import { LRUCache } from "lru-cache";
import { after } from "../kernel/after.ts";
import type { CheckSignature, ProofCrypto } from "./proof-crypto.ts";
import type { UnverifiedProof } from "./read-proof.ts";

/** To import a key takes a third of the time that a check does. A key and its entry take about 2 kB. */
const KEPT_KEYS = 4_096;

/** Checks the signature of a proof by the key that it names. */
export type CheckProof = (proof: UnverifiedProof, jwkThumbprint: string) => boolean | Promise<boolean>;

/**
 * Create what checks the signatures of proofs. It keeps the keys that were used last, by their thumbprints: only such
 * under which a signature was good, so that a stranger cannot push them out.
 */
export function createProofKeys({ importKey }: Pick<ProofCrypto, "importKey">): CheckProof {
  const kept = new LRUCache<string, CheckSignature>({ max: KEPT_KEYS });
  return (proof, jwkThumbprint) => {
    const name = `${proof.algorithm} ${jwkThumbprint}`;
    const known = kept.get(name);
    if (known !== undefined) {
      return known(proof.jwt);
    }
    return after(importKey(proof), (check) =>
      after(check?.(proof.jwt) ?? false, (isGood) => {
        if (isGood && check !== undefined) {
          kept.set(name, check);
        }
        return isGood;
      }),
    );
  };
}
