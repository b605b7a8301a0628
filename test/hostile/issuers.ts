import type { IssuerOptions } from "../../server/gate/src/connect/issuer-options.ts";
import {
  craftToken,
  createSigningKey,
  goodClaims,
  macOf,
  type SigningKey,
  signToken,
  type TokenPart,
} from "../support/tokens.ts";

/** Our own issuer's keys. */
export const ownKey = createSigningKey("ES256", "own-1");
export const nextKey = createSigningKey("ES256", "own-2");
/** Keys of other issuers, that use other algorithms. */
export const edKey = createSigningKey("EdDSA", "ed-1");
export const rsKey = createSigningKey("RS256", "rs-1");
export const psKey = createSigningKey("PS256", "ps-1");
/** The attacker's. */
export const evilKey = createSigningKey("ES256", "own-1");
export const evilRsKey = createSigningKey("RS256", "rs-1");
export const evilEdKey = createSigningKey("EdDSA", "ed-1");
export const secret: Uint8Array = Buffer.alloc(32, "shared secret");

const REVOKED_SESSION = "session-revoked";

/** Whom the server trusts. */
export const issuers: readonly IssuerOptions[] = [
  {
    issuer: "https://issuer.example",
    algorithms: ["ES256"],
    keys: { jwks: { keys: [ownKey.jwk, nextKey.jwk] } },
    requireProfileClaims: true,
  },
  { issuer: "https://ed.example", algorithms: ["EdDSA"], keys: { jwks: { keys: [edKey.jwk] } } },
  { issuer: "https://rsa.example", keys: { jwks: { keys: [rsKey.jwk, psKey.jwk] } }, types: ["jwt"] },
  { issuer: "https://shared.example", keys: { sharedSecret: secret } },
];

/** Sessions that have been revoked. */
export const revocations = {
  isRevoked: ({ sessionId }: { readonly sessionId: string | undefined }) => sessionId === REVOKED_SESSION,
};

/** A token of our own issuer, with other claims and header members. */
export function own(claims: TokenPart = {}, header: Readonly<Record<string, unknown>> = {}): string {
  const isPlain = typeof claims === "object" && !(claims instanceof Uint8Array);
  return signToken(ownKey, isPlain ? goodClaims({ ...claims }) : claims, header);
}

/** A token whose header is text of one's own. */
export function ownWithHeader(header: TokenPart): string {
  return craftToken(header, goodClaims(), ownKey.sign);
}

/** A token of another issuer. */
export function foreign(
  key: SigningKey,
  iss: string,
  header: Readonly<Record<string, unknown>> = {},
): string {
  return signToken(key, goodClaims({ iss }), header);
}

/** A token of the issuer that shares a secret. */
export function shared(header: Readonly<Record<string, unknown>> = {}, key = secret): string {
  const claims = goodClaims({ iss: "https://shared.example" });
  return craftToken({ alg: "HS256", typ: "at+jwt", ...header }, claims, macOf(key));
}
