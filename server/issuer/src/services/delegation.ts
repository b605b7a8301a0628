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
 * @param before who has acted with the token until now; undefined: the subject itself
 * @throws AuthError `CREDENTIALS_INVALID` when the token names another party in `may_act`, or was handed on too often
 */
export function toActor(party: Party, subject: Principal, before: Actor | undefined): Actor {
  assertMayAct(party, subject);
  if (countActors(before) >= MAX_ACTORS) {
    throw new AuthError("CREDENTIALS_INVALID", `a token is handed on at most ${MAX_ACTORS} times`);
  }
  return {
    sub: party.subject,
    ...(party.clientId === undefined ? {} : { client_id: party.clientId }),
    ...(before === undefined ? {} : { act: before }),
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
 * Take over who acts for the subject of another issuer's token, and who acted before: the client that brings it does not
 * become the subject. Each actor gets a name that no subject or client of ours has, and nothing else is taken over.
 *
 * @returns undefined when the subject acts for itself
 */
export function takeOverActor({ actor, issuer }: Principal): Actor | undefined {
  return toNamedActor(actor, (named) => ({ sub: toFederatedSubject(named.issuer ?? issuer, named.subject) }));
}

/** Read who acts for the subject of a token of ours, and who acted before. @returns undefined when the subject does */
export function readOwnActor({ actor }: Principal): Actor | undefined {
  return toNamedActor(actor, ({ subject, clientId }) => ({
    sub: subject,
    ...(clientId === undefined ? {} : { client_id: clientId }),
  }));
}

type ActorOfToken = NonNullable<Principal["actor"]>;

/** Name all actors of a token: the gate holds them to as many as a token of ours may have. */
function toNamedActor(
  actor: ActorOfToken | undefined,
  toName: (actor: ActorOfToken) => Omit<Actor, "act">,
): Actor | undefined {
  if (actor === undefined) {
    return undefined;
  }
  const before = toNamedActor(actor.actor, toName);
  return { ...toName(actor), ...(before === undefined ? {} : { act: before }) };
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

function countActors(actor: Actor | undefined): number {
  return actor === undefined ? 0 : 1 + countActors(actor.act);
}

/** Write a client as a party. @param issuer claim `iss` of our own tokens */
export function toClientParty(clientId: string, issuer: string): Party {
  const subject = toClientSubject(clientId);
  return { subject, names: [{ iss: issuer, sub: subject }], clientId };
}
