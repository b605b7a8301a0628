import type { Principal } from "../authenticate/principal.ts";
import { AuthError } from "../errors/auth-error.ts";
import type { Actor } from "../issue/mint.ts";

/** Somebody who may act for others. */
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
 * @throws AuthError `CREDENTIALS_INVALID` when the token names somebody else in `may_act`, or was handed on too often
 */
export function toActor(party: Party, subject: Principal): Actor {
  const { may_act: mayAct, act } = subject.claims;
  if (mayAct !== undefined && !isNamed(mayAct, party, subject.issuer)) {
    throw new AuthError("CREDENTIALS_INVALID", "the token names another party in may_act");
  }
  if (countActors(act) >= MAX_ACTORS) {
    throw new AuthError("CREDENTIALS_INVALID", `a token is handed on at most ${MAX_ACTORS} times`);
  }
  return {
    sub: party.subject,
    ...(party.clientId === undefined ? {} : { client_id: party.clientId }),
    ...(act === undefined ? {} : { act }),
  };
}

/**
 * Hold a party against claim `may_act` (RFC 8693 §4.4). A subject without an issuer is one of the token's own issuer.
 * A member that is not understood may narrow the claim down, and so nobody is meant by it.
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
