import { toHex } from "../kernel/hex.ts";
import type { RevocableToken } from "../revoked/revoked.ts";
import { createRevokedSet, type RevokedSet } from "../revoked/revoked-set.ts";

/** Looked at here, so that runtimes without it can load this file too. */
const { process } = globalThis;

/** As much of a hash as is sent. */
const HASH_BYTES = 16;

/** What is revoked by another thing than the values of a token itself. */
export interface TokenView {
  /** What is revoked, by the subjects of what is seen. */
  readonly set: RevokedSet;
  /** Make of a token what is looked for: its subject is what the set has, and it has nothing else to be revoked by. */
  readonly seenAs: (token: RevocableToken) => RevocableToken;
}

/** Check whether this runtime can hash subjects: a check of a token cannot wait for Web Crypto. */
export function canHashSubjects(): boolean {
  return findHmac() !== undefined;
}

/**
 * Create the view in which the subject of a token is its keyed hash: this server learns of no subject that it has no token
 * of. The hash of each token is computed once.
 *
 * @param key that of the hub, for HMAC-SHA-256
 * @throws TypeError where the runtime cannot hash
 */
export function createHashedView(key: Uint8Array): TokenView {
  const createHmac = findHmac();
  if (createHmac === undefined) {
    throw new TypeError("this runtime has no node:crypto to hash subjects with");
  }
  const hashed = new WeakMap<RevocableToken, RevocableToken>();
  return {
    set: createRevokedSet(),
    seenAs(token) {
      const known = hashed.get(token);
      if (known !== undefined) {
        return known;
      }
      const hash = createHmac("sha256", key).update(token.subject).digest().subarray(0, HASH_BYTES);
      const seen = toSeen(token, toHex(hash));
      hashed.set(token, seen);
      return seen;
    },
  };
}

function toSeen({ issuer, issuedAtSeconds }: RevocableToken, subject: string): RevocableToken {
  return {
    issuer,
    sessionId: undefined,
    subject,
    tokenId: undefined,
    clientId: "",
    keyId: undefined,
    issuedAtSeconds,
  };
}

/** Find Node's built-in HMAC, which answers at once. */
function findHmac() {
  return process?.getBuiltinModule?.("node:crypto")?.createHmac;
}
