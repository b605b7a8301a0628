import { toKeys } from "../keys/found-keys.ts";
import type { FoundKeys, SignatureAlgorithm } from "../keys/key-source.ts";

/** What a check takes, in checks of Ed25519, with OpenSSL 3 on x64: only P-384 and P-521 have no fast code there. */
const CHECK_COSTS = {
  EdDSA: 1,
  Ed25519: 1,
  ES256: 1,
  ES384: 8,
  ES512: 16,
  PS256: 1,
  PS384: 1,
  PS512: 1,
  RS256: 1,
  RS384: 1,
  RS512: 1,
  HS256: 1,
  HS384: 1,
  HS512: 1,
} as const satisfies Record<SignatureAlgorithm, number>;

/** How much a check takes with each of the keys that may have to be tried, in checks of Ed25519. */
export function costOf(found: FoundKeys, algorithm: SignatureAlgorithm): number {
  return toKeys(found).length * CHECK_COSTS[algorithm];
}
