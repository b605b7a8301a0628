import { randomBytes } from "node:crypto";
import { forgeSignature, type TokenMaker } from "../fixture/tokens.ts";

/** The ways in which a call is not to be let in. */
export const BAD_KINDS = ["missing", "garbage", "expired", "unknown-kid", "forged"] as const;

/** One of them. */
export type BadKind = (typeof BAD_KINDS)[number];

const HOUR_SECONDS = 3600;

/** Make tokens that are bad in one way, each another one; undefined stands for none. */
export function createBadTokens(
  kind: BadKind,
  { tokens, count }: { readonly tokens: TokenMaker; readonly count: number },
): readonly (string | undefined)[] {
  return Array.from({ length: count }, () => MAKERS[kind](tokens));
}

const MAKERS: Readonly<Record<BadKind, (tokens: TokenMaker) => string | undefined>> = {
  missing: () => undefined,
  garbage: () => randomBytes(400).toString("base64url"),
  expired: (tokens) => {
    const now = Math.floor(Date.now() / 1000);
    const times = { iat: now - 2 * HOUR_SECONDS, auth_time: now - 2 * HOUR_SECONDS, exp: now - HOUR_SECONDS };
    return tokens.mint({ claims: times });
  },
  forged: (tokens) => forgeSignature(tokens.mint()),
  "unknown-kid": (tokens) => tokens.mint({ kid: randomBytes(8).toString("base64url") }),
};
