import type { Principal } from "@countersign/server";
import { AuthError } from "@countersign/server";
import { toClientSubject } from "../credentials/client-names.ts";
import { toFederatedSubject } from "../credentials/federated-identity.ts";
import type { Actor } from "../store/session-record.ts";
import { assertMayAct, type Party } from "./may-act.ts";

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

function countActors(actor: Actor | undefined): number {
  return actor === undefined ? 0 : 1 + countActors(actor.act);
}

/** Write a client as a party. @param issuer claim `iss` of our own tokens */
export function toClientParty(clientId: string, issuer: string): Party {
  const subject = toClientSubject(clientId);
  return { subject, names: [{ iss: issuer, sub: subject }], clientId };
}
