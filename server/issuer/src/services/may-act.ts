import type { Principal } from "@countersign/server";
import { AuthError } from "@countersign/server";
import { type CustomClaims, NO_CLAIMS } from "../store/custom-claims.ts";

/** A party that may act for others. */
export interface Party {
  /** Claim `sub` that it has here. */
  readonly subject: string;
  /** What it is called: here, or by the issuer of its token. */
  readonly names: readonly { readonly iss: string; readonly sub: string }[];
  /** The client that it is, if it is one. */
  readonly clientId: string | undefined;
}

/** A party as claim `may_act` names it. */
interface NamedParty {
  readonly iss: string;
  readonly sub: string;
  readonly client_id?: string;
}

/** How long the names are together, in UTF-16 units: they are carried from token to token. */
const MAX_NAMES_CHARS = 1_024;

/** Claim `may_act` that no party matches. */
const NO_PARTY = {};

/**
 * Hold a token against who brings it ([RFC 8693 §4.4](https://www.rfc-editor.org/rfc/rfc8693#section-4.4)).
 *
 * @throws AuthError `CREDENTIALS_INVALID` when the token names another party in `may_act`
 */
export function assertMayAct(party: Party, { claims, issuer }: Principal): void {
  if (claims.may_act !== undefined && !isParty(readMayAct(claims.may_act, issuer), party)) {
    throw new AuthError("CREDENTIALS_INVALID", "the token names another party in may_act");
  }
}

/**
 * Carry claim `may_act` of a token on into the one that it becomes. The party that is named could otherwise hand the token
 * on to a party that is not.
 *
 * @returns the claim, with the issuer that it means; one that is not understood matches no party from then on
 */
export function carryMayAct({ claims, issuer }: Principal): CustomClaims {
  return claims.may_act === undefined
    ? NO_CLAIMS
    : { may_act: { ...(readMayAct(claims.may_act, issuer) ?? NO_PARTY) } };
}

/**
 * Read whom a claim `may_act` names (RFC 8693 §4.4). A subject without an issuer is one of the token's own issuer.
 *
 * @returns undefined when it names no party, or has a member that is not understood: that may narrow it down
 */
function readMayAct(mayAct: unknown, issuer: string): NamedParty | undefined {
  if (typeof mayAct !== "object" || mayAct === null || Array.isArray(mayAct)) {
    return undefined;
  }
  const {
    iss = issuer,
    sub,
    client_id: clientId,
    ...others
  }: Readonly<Record<string, unknown>> = { ...mayAct };
  if (typeof iss !== "string" || typeof sub !== "string" || Object.keys(others).length > 0) {
    return undefined;
  }
  if (clientId !== undefined && typeof clientId !== "string") {
    return undefined;
  }
  const isShort = iss.length + sub.length + (clientId?.length ?? 0) <= MAX_NAMES_CHARS;
  return isShort ? { iss, sub, ...(clientId === undefined ? {} : { client_id: clientId }) } : undefined;
}

function isParty(named: NamedParty | undefined, party: Party): boolean {
  return (
    named !== undefined &&
    party.names.some(({ iss, sub }) => iss === named.iss && sub === named.sub) &&
    (named.client_id === undefined || named.client_id === party.clientId)
  );
}
