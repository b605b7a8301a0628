import type { SignatureAlgorithm } from "@countersign/server";

/** What can sign tokens. */
export const ALGORITHMS = Object.keys({
  EdDSA: true,
  Ed25519: true,
  ES256: true,
  ES384: true,
  ES512: true,
  HS256: true,
  HS384: true,
  HS512: true,
  PS256: true,
  PS384: true,
  PS512: true,
  RS256: true,
  RS384: true,
  RS512: true,
} satisfies Record<SignatureAlgorithm, true>) as readonly SignatureAlgorithm[]; // the keys that were just written
