import { renewAuthentication } from "../store/session-authentication.ts";
import type { SessionRecord } from "../store/session-record.ts";
import { findRefreshableSession } from "../store/session-refresh.ts";
import type { NewSession } from "./begin-session.ts";
import { findNextTokens } from "./refresh.ts";
import { sessionKeyOf } from "./session-key.ts";
import type { SessionContext } from "./session-options.ts";
import { narrowAudience, type TokenAudiences } from "./token-audience.ts";
import { type IssuedTokens, issueTokens } from "./tokens.ts";

/** A session whose owner proves again who they are. */
export type ProofInput = NewSession & { readonly sessionId: string };

/**
 * Carry on a session whose owner has just proved again who they are ([RFC
 * 9470](https://www.rfc-editor.org/rfc/rfc9470)): its access tokens say so from now on, and its refresh token stays as it
 * is, so that an answer that is lost costs nothing.
 *
 * @returns an access token; undefined when there is no such session of the account and client that can go on with what is
 *   asked for
 * @throws AuthError as the refresh of the session
 */
export async function proveAgain(
  context: SessionContext,
  { sessionId, account, clientId, acr, amr, binding, ...wish }: ProofInput,
): Promise<IssuedTokens | undefined> {
  const { subject, passwordHash } = account;
  if (context.revocations.endReasonOf?.(sessionId) !== undefined) {
    return undefined;
  }
  const found = await findRefreshableSession(context.store, sessionId);
  const session = found?.session;
  const nowMs = context.clock.nowMs();
  // The rest of what must hold, the store looks at.
  if (
    session?.subject !== subject ||
    session.external !== undefined ||
    nowMs >= session.absoluteExpiresAtMs
  ) {
    return undefined;
  }
  // A bound session goes on with its key alone: without it, another begins.
  if (session.key !== undefined && session.key.jwkThumbprint !== sessionKeyOf(clientId, binding)) {
    return undefined;
  }
  if (!hasAll(context, session, wish)) {
    return undefined;
  }
  // A hook is asked before anything changes.
  const next = await findNextTokens(context, { ...wish, nowMs }, { session, found, type: "sign_in" });
  const renewal = { sessionId, subject, clientId, passwordHash, acr, amr, nowMs };
  const renewed = await renewAuthentication(context.store, renewal);
  if (renewed === undefined) {
    return undefined;
  }
  context.audit.record({ type: "sign_in", subject, sessionId, clientId });
  const { maxAccessTtlMs } = wish;
  return issueTokens(context, { ...next, session: renewed, refreshToken: "", binding, maxAccessTtlMs });
}

/** Check whether a session has all that is asked for, here and now: what it lacks, only another can have. */
function hasAll(
  audiences: TokenAudiences,
  session: SessionRecord,
  { scopes, resources = [] }: Pick<ProofInput, "scopes" | "resources">,
): boolean {
  const audience = narrowAudience(undefined, session.resources, audiences);
  return (
    audience.length > 0 &&
    scopes.every((scope) => session.scopes.includes(scope)) &&
    resources.every((resource) => audience.includes(resource))
  );
}
