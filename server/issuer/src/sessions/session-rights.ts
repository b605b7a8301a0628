import { type CustomClaims, NO_CLAIMS } from "../store/custom-claims.ts";
import type { SessionRecord, TokenSession } from "../store/session-record.ts";
import type { AccountRights, RefreshableSession, Rights } from "../store/session-refresh.ts";
import { keepAllowed } from "./scopes.ts";
import { type ExternalTerms, FIRST_PARTY_CLIENT_ID, type SessionContext } from "./session-options.ts";

/** What a session may go on with. */
export interface SessionRights extends Rights {
  /** When it ends at the latest, in milliseconds since 1970. */
  readonly endsAtMs: number;
  /** What its tokens say beside what the issuer puts in. */
  readonly claims: CustomClaims;
}

/**
 * Work out what a session may go on with: what it was granted, as far as those behind it still allow it.
 *
 * @returns undefined when one of them allows nothing any more
 */
export function findRights(
  found: RefreshableSession,
  externalTerms: SessionContext["externalTerms"],
): SessionRights | undefined {
  const { session, account } = found;
  if (session.external === undefined) {
    return account === undefined ? undefined : toAccountRights(session, account);
  }
  const terms = externalTerms(session.external.issuer);
  const limits = findClientLimits(found);
  return terms === undefined || limits === undefined ? undefined : toExternalRights(session, terms, limits);
}

/** What an account gives: its roles and claims are those that it has now. */
export function toAccountRights(
  session: Pick<TokenSession, "scopes" | "absoluteExpiresAtMs">,
  account: Rights & Pick<AccountRights, "claims">,
): SessionRights {
  return {
    scopes: keepAllowed(session.scopes, account.scopes),
    roles: account.roles,
    endsAtMs: session.absoluteExpiresAtMs,
    claims: account.claims,
  };
}

function toExternalRights(session: SessionRecord, terms: ExternalTerms, limits: Rights): SessionRights {
  const { scopes, roles = [], createdAtMs, absoluteExpiresAtMs } = session;
  return {
    scopes: keepAllowed(keepAllowed(scopes, terms.scopes), limits.scopes),
    roles: keepAllowed(keepAllowed(roles, terms.roles), limits.roles),
    endsAtMs: Math.min(absoluteExpiresAtMs, createdAtMs + terms.refreshForMs),
    claims: NO_CLAIMS,
  };
}

/** Our own pages limit nothing; every other client must still be one that may refresh. */
function findClientLimits({ session, client }: RefreshableSession): Rights | undefined {
  if (session.clientId === FIRST_PARTY_CLIENT_ID) {
    const { scopes, roles = [] } = session;
    return { scopes, roles };
  }
  return client?.grants.includes("refresh_token") === true ? client : undefined;
}
