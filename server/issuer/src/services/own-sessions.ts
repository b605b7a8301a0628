import type { MessageInitShape } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import type {
  ListSessionsRequest,
  ListSessionsResponseSchema,
} from "@countersign/gen/countersign/auth/v1/session_pb.js";
import type { Principal } from "@countersign/server";
import { AuthError } from "@countersign/server";
import { FIRST_PARTY_CLIENT_ID } from "../sessions/session-options.ts";
import type { Sessions } from "../sessions/sessions.ts";
import { parsePageSize } from "./input.ts";
import { parseSessionPageToken, toSessionMessage, toSessionPageToken } from "./session-messages.ts";

/** What callers' own sessions are found with. */
export interface OwnSessionsDeps {
  readonly sessions: Pick<Sessions, "end" | "find" | "list">;
  /** Claim `iss` of our own tokens. */
  readonly issuer: string;
}

/** Whose sessions a caller may see and end. */
interface OwnSession {
  readonly subject: string;
  readonly sessionId: string;
  /** The client that they must be of: another than our own pages has no business with those of others. */
  readonly clientId: string | undefined;
}

/** List a page of the caller's own sessions that can still be refreshed. */
export async function listOwnSessions(
  deps: OwnSessionsDeps,
  request: ListSessionsRequest,
  principal: Principal,
): Promise<MessageInitShape<typeof ListSessionsResponseSchema>> {
  const limit = parsePageSize(request.pageSize);
  const after = parseSessionPageToken(request.pageToken);
  const { subject, sessionId, clientId } = readOwnSession(deps, principal);
  // One more than asked for shows whether there is a next page.
  const found = await deps.sessions.list({ subject, clientId, after, limit: limit + 1 });
  const shown = found.slice(0, limit);
  const last = found.length > limit ? shown.at(-1) : undefined;
  return {
    sessions: shown.map((session) => toSessionMessage(session, sessionId)),
    nextPageToken: last === undefined ? "" : toSessionPageToken(last),
  };
}

/** End one of the caller's own sessions. @throws ConnectError NotFound when it is not theirs */
export async function revokeOwnSession(
  deps: OwnSessionsDeps,
  sessionId: string,
  principal: Principal,
): Promise<void> {
  const { subject, clientId } = readOwnSession(deps, principal);
  const ended = await deps.sessions.end({
    where: { sessionId, subject, clientId },
    reason: "revoked_by_user",
  });
  if (ended.length > 0) {
    return;
  }
  // A session that had ended already is in order: the caller's first try may have been answered too late.
  const session = await deps.sessions.find(sessionId);
  if (session?.subject !== subject || session.clientId !== (clientId ?? session.clientId)) {
    throw new ConnectError("there is no such session", Code.NotFound);
  }
}

/** End all of the caller's own sessions but the one of the call. @returns how many have ended */
export async function revokeOtherSessions(
  deps: OwnSessionsDeps,
  principal: Principal,
): Promise<{ readonly revokedCount: number }> {
  const { subject, sessionId, clientId } = readOwnSession(deps, principal);
  const where = { subject, clientId, exceptSessionId: sessionId };
  return { revokedCount: (await deps.sessions.end({ where, reason: "revoked_by_user" })).length };
}

/**
 * Find out whose sessions are meant. Another issuer may use the same subjects and session identifiers for other people.
 *
 * @throws ConnectError FailedPrecondition when the token belongs to no session here
 * @throws AuthError `POLICY_DENIED` when the caller only acts for the subject
 */
export function readOwnSession({ issuer }: OwnSessionsDeps, principal: Principal): OwnSession {
  const { subject, sessionId } = principal;
  if (principal.issuer !== issuer || sessionId === undefined) {
    throw new ConnectError(
      "the access token does not belong to a session of this server",
      Code.FailedPrecondition,
    );
  }
  if (principal.claims.act !== undefined) {
    // RFC 8693 §4.1: a party that acts for a user got scopes for that, and sessions are under none of them.
    throw new AuthError("POLICY_DENIED", "sessions are managed by their user, not by who acts for them");
  }
  const clientId = principal.clientId === FIRST_PARTY_CLIENT_ID ? undefined : principal.clientId;
  return { subject, sessionId, clientId };
}
