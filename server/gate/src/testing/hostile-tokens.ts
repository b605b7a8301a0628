import type { AuthReason } from "../errors/auth-error.ts";
import { type TestKey, toSigningInput } from "./test-key.ts";
import type { TokenClaims } from "./token-claims.ts";

/** What an attacker, or a broken client, makes a token of. */
interface Material {
  readonly claims: TokenClaims;
  /** The time, in seconds since 1970. */
  readonly nowSeconds: number;
  /** The key of the issuer, for tokens that were honest once. */
  readonly key: TestKey;
  /** A key of another party, which has the same name. */
  readonly strangerKey: TestKey;
}

type Forge = (material: Material) => Promise<string>;

const HOUR_SECONDS = 3600;

/** The thumbprint of a key that no sender has. */
const NO_THUMBPRINT = "A".repeat(43);

/**
 * The tokens that must not pass, each with the reason that the gate gives for refusing it: `expired`, `notYetValid`;
 * `otherIssuer` and `otherAudience`, which are good elsewhere; `otherType`, such as an ID token; `unsigned`, with
 * algorithm `none`; `otherKey`, signed by another key of the same name; `tampered`, changed after it was signed; and
 * `bound` to the key of a sender, without proof of it.
 */
export const HOSTILE_TOKENS = {
  expired: "TOKEN_EXPIRED",
  notYetValid: "TOKEN_INVALID",
  otherIssuer: "TOKEN_INVALID",
  otherAudience: "TOKEN_INVALID",
  otherType: "TOKEN_INVALID",
  unsigned: "TOKEN_INVALID",
  otherKey: "TOKEN_INVALID",
  tampered: "TOKEN_INVALID",
  bound: "TOKEN_INVALID",
} as const satisfies Readonly<Record<string, AuthReason>>;

/** The name of a token that must not pass. */
export type HostileToken = keyof typeof HOSTILE_TOKENS;

const FORGES: Readonly<Record<HostileToken, Forge>> = {
  expired: ({ claims, nowSeconds, key }) =>
    key.sign({ ...claims, iat: nowSeconds - 2 * HOUR_SECONDS, exp: nowSeconds - HOUR_SECONDS }),
  notYetValid: ({ claims, nowSeconds, key }) =>
    key.sign({ ...claims, iat: nowSeconds + HOUR_SECONDS, exp: nowSeconds + 2 * HOUR_SECONDS }),
  otherIssuer: ({ claims, key }) => key.sign({ ...claims, iss: "https://other-issuer.test" }),
  otherAudience: ({ claims, key }) => key.sign({ ...claims, aud: "other-audience" }),
  otherType: ({ claims, key }) => key.sign(claims, "JWT"),
  unsigned: async ({ claims }) => `${toSigningInput({ alg: "none", typ: "at+jwt" }, claims)}.`,
  otherKey: ({ claims, strangerKey }) => strangerKey.sign(claims),
  async tampered({ claims, key }) {
    const [header, , signature] = (await key.sign(claims)).split(".");
    const [, changed] = toSigningInput({}, { ...claims, sub: "mallory" }).split(".");
    return `${header}.${changed}.${signature}`;
  },
  bound: ({ claims, key }) => key.sign({ ...claims, cnf: { jkt: NO_THUMBPRINT } }),
};

/**
 * Write a token that must not pass.
 *
 * @throws TypeError when there is none of that name
 */
export async function forgeToken(kind: HostileToken, material: Material): Promise<string> {
  if (!Object.hasOwn(FORGES, kind)) {
    throw new TypeError(`there is no hostile token ${kind}; there are ${Object.keys(FORGES).join(", ")}`);
  }
  return FORGES[kind](material);
}
