import type { SignedInEntry } from "./store.ts";
import { accountOf } from "./token-claims.ts";

type Tokens = Pick<SignedInEntry, "accessToken" | "idToken">;

/** Check whether the tokens of two sessions say that they are of the same account. Those that say nothing are not. */
export function isSameAccount(one: Tokens, other: Tokens): boolean {
  const account = ownerOf(one);
  return account !== undefined && account === ownerOf(other);
}

/** An ID token always says; access tokens of some providers are no JWTs. */
function ownerOf({ idToken, accessToken }: Tokens): string | undefined {
  return accountOf((idToken ?? accessToken).reveal());
}
