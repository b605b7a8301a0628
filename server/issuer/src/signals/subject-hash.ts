import { createHmac } from "node:crypto";
import { deriveKey } from "../keys/seal.ts";

/** Hashes subjects for servers that are to learn of none that they have no token of. */
export interface SubjectHash {
  /** What the servers hash the subjects of their tokens with: HMAC-SHA-256. */
  readonly key: Uint8Array;
  /** Hash a subject. */
  readonly hash: (subject: string) => Uint8Array;
}

const HASH_BYTES = 16;

/**
 * Create the hash of an epoch. All servers on a store have the same, so that a watcher can go on at any of them with what it
 * has hashed.
 *
 * @param secret the key-encryption key
 */
export function createSubjectHash(secret: Uint8Array, epoch: string): SubjectHash {
  const key = createHmac("sha256", deriveKey(secret, "signal-subjects")).update(epoch).digest();
  return {
    key,
    hash: (subject) => createHmac("sha256", key).update(subject).digest().subarray(0, HASH_BYTES),
  };
}
