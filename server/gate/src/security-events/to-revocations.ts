import { ownMember } from "../authenticate/claim-source.ts";
import type { LogoutReason, LogoutRevocation } from "../logouts/logout.ts";
import type { EventEffect } from "./event-types.ts";
import { endOf, type SecurityEvent, type SecurityEventToken } from "./read-set.ts";
import { SetError } from "./set-error.ts";
import { type NamedTokens, readSubject } from "./subject-identifier.ts";
import type { Transmitter } from "./transmitter.ts";

/** The effects of events that are about tokens. */
export type TokenEffect = Extract<EventEffect, "change_claims" | "end_account" | "end_session">;

const REASONS = {
  change_claims: "claims_changed",
  end_account: "account_changed",
  end_session: "session_revoked",
} as const satisfies Record<TokenEffect, LogoutReason>;

/** A change that takes more in JSON, in bytes, is not remembered for each token: the tokens are refused instead. */
const MAX_CHANGE_BYTES = 2_048;

/**
 * Make of an event what is revoked by it. The tokens of a session that has ended are refused whenever they were issued; those of a
 * subject up to the event. Tokens whose claims have changed are judged by what the event says of them, if it does, and else are
 * refused: later ones say what is so.
 *
 * @returns nothing when it names what no token has
 * @throws SetError when it names nothing
 */
export function toRevocations(
  event: SecurityEvent & { readonly effect: TokenEffect },
  set: SecurityEventToken,
  { issuer, subjectIssuers, match, maxTokenLifeSeconds }: Transmitter,
): readonly LogoutRevocation[] {
  const { effect } = event;
  const isOfAccount = effect === "end_account" || match === "subject";
  const named = readSubject(set.subject, { issuers: subjectIssuers, isOfAccount });
  if (named === undefined) {
    throw new SetError("invalid_request", "sub_id is no subject identifier");
  }
  const terms = { issuer, maxLifeMs: maxTokenLifeSeconds * 1_000, reason: REASONS[effect] };
  const beforeMs = endOf(event, set);
  const change = effect === "change_claims" ? readChange(event.event) : undefined;
  const isOver = ({ dimension }: NamedTokens): boolean => effect === "end_session" && dimension !== "sub";
  return named.map((each) => ({
    ...terms,
    dimension: each.dimension,
    value: each.value,
    ...(each.withoutSession === true ? { withoutSession: true } : {}),
    beforeMs: isOver(each) ? undefined : beforeMs,
    ...(change === undefined ? {} : { changedClaims: change }),
  }));
}

/** @returns undefined when the event does not say to what the claims have changed, or too much of it */
function readChange(event: unknown): Readonly<Record<string, unknown>> | undefined {
  const claims = ownMember(event, "claims");
  const isObject = typeof claims === "object" && claims !== null && !Array.isArray(claims);
  return isObject && Object.keys(claims).length > 0 && bytesOf(claims) <= MAX_CHANGE_BYTES
    ? { ...claims }
    : undefined;
}

function bytesOf(claims: object): number {
  return new TextEncoder().encode(JSON.stringify(claims)).length;
}
