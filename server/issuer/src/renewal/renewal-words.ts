import type { Principal } from "@countersign/server";
import type { RenewalResult } from "@countersign/server/internal";
import { createPrincipal } from "@countersign/server/internal";

/** Where servers listen for questions of others. */
export const RENEWAL_CHANNEL = "countersign_renewals";

/** What one server asks of all others: whoever has one of these streams, renew it. */
export interface RenewalQuestion {
  readonly streamIds: readonly string[];
  /** The principal of a token that the asking server has verified. Never the token. */
  readonly principal: PrincipalRecord;
  /** The channel that the answers are awaited on. */
  readonly answerTo: string;
}

/** What a server answers that has some of them. */
export interface RenewalAnswer extends Omit<RenewalResult, "absent"> {
  /** The question's word. */
  readonly question: string;
  /** Whether one of them is somebody else's: then none was changed. */
  readonly isRefused: boolean;
}

/** A principal as JSON. */
export interface PrincipalRecord {
  readonly named: Omit<Principal, "claims">;
  readonly claims: Principal["claims"];
}

/** What words are about. Their form has a number: servers of different versions may run side by side. */
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
  return createPrincipal({ ...named }, claims);
}
