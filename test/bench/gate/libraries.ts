import { createVerifier } from "fast-jwt";
import { createLocalJWKSet, importJWK, type JWTVerifyOptions, jwtVerify } from "jose";
import { ALGORITHM, AUDIENCE, ISSUER, type PublicKeys } from "../fixture/tokens.ts";
import type { Decider } from "./decider.ts";

const EXPECTED: JWTVerifyOptions = {
  issuer: ISSUER,
  audience: AUDIENCE,
  algorithms: [ALGORITHM],
  typ: "at+jwt",
};

/** Decide with jose alone, with the key at hand and without a look at any header. */
export async function decideByJose(
  { jwks }: PublicKeys,
  tokens: readonly string[],
): Promise<Decider["decide"]> {
  const key = await importJWK(jwks.keys[0] ?? {}, ALGORITHM);
  return (index) => jwtVerify(tokens[index % tokens.length] ?? "", key, EXPECTED);
}

/** Decide with jose, which finds the key in a JWK Set by the token's `kid`. */
export function decideByJoseKeySet({ jwks }: PublicKeys, tokens: readonly string[]): Decider["decide"] {
  const keySet = createLocalJWKSet({ keys: [...jwks.keys] });
  return (index) => jwtVerify(tokens[index % tokens.length] ?? "", keySet, EXPECTED);
}

/** Decide with fast-jwt. @param cacheEntries how many verdicts it remembers; 0: none */
export function decideByFastJwt(
  { keys, cacheEntries }: { readonly keys: PublicKeys; readonly cacheEntries: number },
  tokens: readonly string[],
): Decider["decide"] {
  const verify = createVerifier({
    key: keys.pem,
    algorithms: [ALGORITHM],
    allowedIss: ISSUER,
    allowedAud: AUDIENCE,
    cache: cacheEntries === 0 ? false : cacheEntries,
  });
  return (index) => verify(tokens[index % tokens.length] ?? "");
}
