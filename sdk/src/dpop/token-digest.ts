import { readClaims } from "../core/token-claims.ts";
import { hashText } from "./proof-signer.ts";

/** What proofs need of an access token. */
export interface TokenDigest {
  /** Its hash, as proofs name it. */
  readonly hash: Promise<string>;
  /** The thumbprint of the key that it says it is bound to, if it says so. */
  readonly jwkThumbprint: string | undefined;
}

/** Create what digests access tokens. It remembers the last one: most requests carry the same. */
export function createTokenDigest(): (accessToken: string) => TokenDigest {
  let last: (TokenDigest & { readonly accessToken: string }) | undefined;
  return (accessToken) => {
    if (last?.accessToken !== accessToken) {
      last = { accessToken, hash: hashText(accessToken), jwkThumbprint: thumbprintIn(accessToken) };
    }
    return last;
  };
}

function thumbprintIn(accessToken: string): string | undefined {
  const cnf = readClaims(accessToken)?.cnf;
  const jkt = typeof cnf === "object" && cnf !== null && "jkt" in cnf ? cnf.jkt : undefined;
  return typeof jkt === "string" ? jkt : undefined;
}
