import type { Principal } from "@countersign/server";
import { AuthError } from "@countersign/server";
import { toClientSubject } from "../credentials/client-names.ts";
import { toFederatedSubject } from "../credentials/federated-identity.ts";
import type { Actor } from "../store/session-record.ts";

/** A party that may act for others. */
export interface Party {
  /** Claim `sub` that it has here. */
  readonly subject: string;
  /** What it is called: here, or by the issuer of its token. */
  readonly names: readonly { readonly iss: string; readonly sub: string }[];
  /** The client that it is, if it is one. */
  readonly clientId: string | undefined;
}

/** How many actors may have handed a token on, the last one included: more is a circle, not a chain. */
const MAX_ACTORS = 4;

/**
 * Write down who acts for the subject of a token: claim `act`, with those before as its history
 * ([RFC 8693 §4.1](https://www.rfc-editor.org/rfc/rfc8693#section-4.1)).
 *
 * @throws AuthError `CREDENTIALS_INVALID` when the token names another party in `may_act`, or was handed on too often
 */
export function toActor(party: Party, subject: Principal): Actor {
  const { act } = subject.claims;
  assertMayAct(party, subject);
  assertFewActors(act);
  return {
    sub: party.subject,
    ...(party.clientId === undefined ? {} : { client_id: party.clientId }),
    ...(act === undefined ? {} : { act }),
  };
}

/**
 * Hold a token against who brings it ([RFC 8693 §4.4](https://www.rfc-editor.org/rfc/rfc8693#section-4.4)).
 *
 * @throws AuthError `CREDENTIALS_INVALID` when the token names another party in `may_act`
 */
export function assertMayAct(party: Party, { claims, issuer }: Principal): void {
  if (claims.may_act !== undefined && !isNamed(claims.may_act, party, issuer)) {
    throw new AuthError("CREDENTIALS_INVALID", "the token names another party in may_act");
  }
}

/**
 * Take over who acts for the subject of another issuer's token: the client that brings it does not become the subject.
 * The actor gets a name that no subject or client of ours has.
 *
 * @returns undefined when the subject acts for itself
 * @throws AuthError `CREDENTIALS_INVALID` when claim `act` names no party, or the token was handed on too often
 */
export function keepActor({ claims, issuer }: Principal): Actor | undefined {
  const act: unknown = claims.act;
  if (act === undefined) {
    return undefined;
  }
  const { iss = issuer, sub, act: before }: Readonly<Record<string, unknown>> = { ...Object(act) };
  if (typeof iss !== "string" || typeof sub !== "string" || sub === "") {
    throw new AuthError("CREDENTIALS_INVALID", "claim act of the token names no party");
  }
  assertFewActors(before);
  return { sub: toFederatedSubject(iss, sub), ...(before === undefined ? {} : { act: before }) };
}

/** @throws AuthError `CREDENTIALS_INVALID` when one more would be too many */
function assertFewActors(act: unknown): void {
  if (countActors(act) >= MAX_ACTORS) {
    throw new AuthError("CREDENTIALS_INVALID", `a token is handed on at most ${MAX_ACTORS} times`);
  }
}

/**
 * Hold a party against claim `may_act` (RFC 8693 §4.4). A subject without an issuer is one of the token's own issuer.
 * A member that is not understood may narrow the claim down, and so it matches no party.
 */
function isNamed(mayAct: unknown, party: Party, issuer: string): boolean {
  if (typeof mayAct !== "object" || mayAct === null || Array.isArray(mayAct)) {
    return false;
  }
  const {
    iss = issuer,
    sub,
    client_id: clientId,
    ...others
  }: Readonly<Record<string, unknown>> = { ...mayAct };
  const isSubject = party.names.some((name) => name.iss === iss && name.sub === sub);
  const isClient = clientId === undefined || clientId === party.clientId;
  return isSubject && isClient && Object.keys(others).length === 0;
}

function countActors(act: unknown): number {
  return typeof act === "object" && act !== null ? 1 + countActors("act" in act ? act.act : undefined) : 0;
}

/** Write a client as a party. @param issuer claim `iss` of our own tokens */
export function toClientParty(clientId: string, issuer: string): Party {
  const subject = toClientSubject(clientId);
  return { subject, names: [{ iss: issuer, sub: subject }], clientId };
}
