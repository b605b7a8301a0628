import type { Principal } from "@countersign/server";
import type { RenewalResult } from "@countersign/server/internal";
import { createPrincipal, readActor } from "@countersign/server/internal";

/** The channel of requests to all servers, for streams whose owner is not known. */
export const RENEWAL_CHANNEL = "countersign_renewals";

/** Name the channel of requests and responses to one process. @param owner its name, 128 bits in base64url */
export function toOwnerChannel(owner: string): string {
  return `${RENEWAL_CHANNEL}_${Buffer.from(owner, "base64url").toString("hex")}`;
}

/**
 * A request to other servers: the one that has one of these streams renews it. The names are those of the wire, which
 * servers of the release before know.
 */
export interface RenewalRequest {
  readonly streamIds: readonly string[];
  /** The principal of a token that the requesting server has verified. Never the token. */
  readonly principal: PrincipalRecord;
  /** The channel that the responses are published on. */
  readonly answerTo: string;
}

/** The response of a server: what is left out of it is not open there. */
export interface RenewalResponse extends Omit<RenewalResult, "absent"> {
  /** The server that responds. Those of the release before don't say, and respond to a request to all only if they have some. */
  readonly server?: string;
  /** The identifier of the request. */
  readonly question: string;
  /** Whether one of them runs for another subject: then none was changed. */
  readonly isRefused: boolean;
}

/** A principal as JSON. */
export interface PrincipalRecord {
  /** Its members. Servers of the release before leave out `amr`, `acr` and `actor`. */
  readonly named: Omit<Principal, "amr" | "claims"> & Partial<Pick<Principal, "amr">>;
  readonly claims: Principal["claims"];
}

/** What messages are about. Their form has a number: servers of different versions may run side by side. */
export const RENEWAL_PURPOSE = {
  question: "stream renewal question 1",
  answer: "stream renewal answer 1",
} as const;

/** Write a principal down with its claims, which it would leave out. */
export function toPrincipalRecord(principal: Principal): PrincipalRecord {
  const { claims, ...named } = principal;
  return { named, claims };
}

/** Make the principal of a record again. */
export function fromPrincipalRecord({ named, claims }: PrincipalRecord): Principal {
  // A server of the release before names no actor; the claims do.
  const actor = named.actor ?? readActor(claims);
  return createPrincipal({ ...named, amr: named.amr ?? [], actor }, claims);
}
