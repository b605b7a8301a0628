import type { MessageInitShape } from "@bufbuild/protobuf";
import { durationFromMs, timestampFromMs } from "@bufbuild/protobuf/wkt";
import type {
  SessionSchema,
  TokenSetSchema,
  WhoAmIResponseSchema,
} from "@countersign/gen/countersign/auth/v1/session_pb.js";
import type { Principal } from "@countersign/server";
import { FIRST_PARTY_CLIENT_ID } from "../sessions/session-options.ts";
import type { IssuedTokens } from "../sessions/tokens.ts";
import type { SessionRecord } from "../store/session-record.ts";
import { parsePageToken, toPageToken } from "./input.ts";
import { toSessionActor } from "./session-actor.ts";

/** A session's place in the list, which is ordered from the newest to the oldest. */
export type SessionPosition = Pick<SessionRecord, "createdAtMs" | "sessionId">;

/** What {@link toSessionPageToken} writes: milliseconds, and an identifier. */
const PAGE_TOKEN = /^(\d{1,15})\.([\w-]{22})$/;

/** Convert tokens for the wire. */
export function toTokenSet(tokens: IssuedTokens): MessageInitShape<typeof TokenSetSchema> {
  return {
    accessToken: tokens.accessToken,
    expiresIn: durationFromMs(tokens.expiresInMs),
    refreshToken: tokens.refreshToken,
    ...(tokens.refreshExpiresInMs > 0 ? { refreshExpiresIn: durationFromMs(tokens.refreshExpiresInMs) } : {}),
    scopes: [...tokens.scopes],
    sessionId: tokens.sessionId,
    tokenType: tokens.tokenType,
  };
}

/** Convert a session for the wire, without its secrets. */
export function toSessionMessage(
  session: SessionRecord,
  currentSessionId: string | undefined,
): MessageInitShape<typeof SessionSchema> {
  const actor = toSessionActor(session.actor);
  return {
    sessionId: session.sessionId,
    clientId: session.clientId === FIRST_PARTY_CLIENT_ID ? "" : session.clientId,
    createTime: timestampFromMs(session.createdAtMs),
    refreshTime: timestampFromMs(session.refreshedAtMs),
    expireTime: timestampFromMs(session.idleExpiresAtMs),
    scopes: [...session.scopes],
    current: session.sessionId === currentSessionId,
    device: session.device ?? "",
    address: session.address ?? "",
    binding: session.key === undefined ? "" : "dpop",
    ...(actor === undefined ? {} : { actor }),
  };
}

/** Convert a principal for the wire. */
export function toWhoAmI(principal: Principal): MessageInitShape<typeof WhoAmIResponseSchema> {
  return {
    subject: principal.subject,
    sessionId: principal.sessionId ?? "",
    clientId: principal.clientId,
    scopes: [...principal.scopes],
    roles: [...principal.roles],
    expiresAt: timestampFromMs(principal.expiresAtSeconds * 1_000),
    issuer: principal.issuer,
    binding: principal.binding?.kind ?? "",
  };
}

/** Write the token of the page behind a session. */
export function toSessionPageToken({ createdAtMs, sessionId }: SessionPosition): string {
  return toPageToken(`${createdAtMs}.${sessionId}`);
}

/**
 * Read what {@link toSessionPageToken} wrote.
 *
 * @throws ConnectError InvalidArgument when it is something else
 */
export function parseSessionPageToken(pageToken: string): SessionPosition | undefined {
  const [, createdAtMs, sessionId = ""] = parsePageToken(pageToken, PAGE_TOKEN) ?? [];
  return createdAtMs === undefined ? undefined : { createdAtMs: Number(createdAtMs), sessionId };
}
