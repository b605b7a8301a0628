import type { MessageInitShape } from "@bufbuild/protobuf";
import { Code, ConnectError, type HandlerContext, type ServiceImpl } from "@connectrpc/connect";
import {
  Delivery,
  type ListSessionsRequest,
  type ListSessionsResponseSchema,
  type RefreshRequest,
  type SessionService,
  type SignInRequest,
} from "@countersign/gen/countersign/auth/v1/session_pb.js";
import type { Principal } from "../authenticate/principal.ts";
import { peerOf } from "../connect/peer.ts";
import { principalOf } from "../connect/principal-context.ts";
import { AuthError } from "../errors/auth-error.ts";
import type { Sessions } from "../issue/sessions.ts";
import type { IssuedTokens } from "../issue/tokens.ts";
import { assertValid, parsePageSize, textViolations } from "./input.ts";
import { createRefreshCookie, type RefreshCookie } from "./refresh-cookie.ts";
import { assertRefreshRequest, readCredential, readMaxAccessTtl } from "./session-input.ts";
import {
  parseSessionPageToken,
  toSessionMessage,
  toSessionPageToken,
  toTokenSet,
  toWhoAmI,
} from "./session-messages.ts";
import type { SignIn } from "./session-sign-in.ts";

/** What the service of sessions needs. */
export interface SessionServiceOptions {
  readonly sessions: Sessions;
  readonly signIn: Pick<SignIn, "begin">;
  /** Claim `iss` of our own tokens: those of other issuers have no session here. */
  readonly issuer: string;
  /**
   * Says whether pages of an origin, such as `https://app.example`, may have their refresh token in a cookie.
   * Default: none may, and `DELIVERY_COOKIE` answers `Unimplemented`.
   */
  readonly isCookieOrigin?: (origin: string) => boolean;
}

/** What both SignIn and Refresh answer. */
interface TokenResponse {
  readonly tokens: ReturnType<typeof toTokenSet>;
}

interface Deps extends SessionServiceOptions {
  readonly cookie: RefreshCookie;
}

/** Create the service that signs in, and keeps signed in. */
export function createSessionService(options: SessionServiceOptions): ServiceImpl<typeof SessionService> {
  const deps: Deps = { ...options, cookie: createRefreshCookie(options.isCookieOrigin) };
  return {
    signIn: (request, ctx) => signIn(deps, request, ctx),
    refresh: (request, ctx) => refresh(deps, request, ctx),
    async signOut(_, ctx) {
      const { sessionId, subject } = ownSession(deps, principalOf(ctx));
      await deps.sessions.end({ where: { sessionId, subject }, reason: "signed_out" });
      deps.cookie.clear(ctx);
      return {};
    },
    listSessions: (request, ctx) => listSessions(deps, request, principalOf(ctx)),
    async revokeSession({ sessionId }, ctx) {
      assertValid(textViolations("session_id", sessionId, { minCharacters: 1, maxBytes: 64 }));
      await revokeSession(deps, sessionId, principalOf(ctx));
      return {};
    },
    whoAmI: (_, ctx) => toWhoAmI(principalOf(ctx)),
  };
}

async function signIn(deps: Deps, request: SignInRequest, ctx: HandlerContext): Promise<TokenResponse> {
  const credential = readCredential(request);
  const inCookie = request.delivery === Delivery.COOKIE;
  if (inCookie) {
    deps.cookie.assertOrigin(ctx);
  }
  const tokens = await deps.signIn.begin({
    credential,
    scopes: request.scopes,
    peer: peerOf(ctx.values),
    maxAccessTtlMs: readMaxAccessTtl(request),
  });
  return { tokens: deliver(deps, ctx, { tokens, inCookie }) };
}

async function refresh(deps: Deps, request: RefreshRequest, ctx: HandlerContext): Promise<TokenResponse> {
  assertRefreshRequest(request);
  const { refreshId } = request;
  const inCookie = request.refreshToken === "";
  const refreshToken = inCookie ? deps.cookie.read(ctx) : request.refreshToken;
  if (refreshToken === undefined) {
    throw new AuthError(
      "REFRESH_TOKEN_INVALID",
      "there is no refresh token, neither in the request nor in a cookie",
    );
  }
  if (inCookie) {
    deps.cookie.assertOrigin(ctx);
  }
  const tokens = await deps.sessions.refresh({
    refreshToken,
    refreshId,
    maxAccessTtlMs: readMaxAccessTtl(request),
  });
  return { tokens: deliver(deps, ctx, { tokens, inCookie }) };
}

/** Hand tokens over: what is in the cookie is not in the body. */
function deliver(
  { cookie }: Deps,
  ctx: HandlerContext,
  { tokens, inCookie }: { readonly tokens: IssuedTokens; readonly inCookie: boolean },
): ReturnType<typeof toTokenSet> {
  // RFC 6749 §5.1: nothing on the way may keep tokens.
  ctx.responseHeader.set("cache-control", "no-store");
  if (!inCookie || tokens.refreshToken === "") {
    return toTokenSet(tokens);
  }
  cookie.write(ctx, tokens.refreshToken, tokens.refreshExpiresInMs);
  return toTokenSet({ ...tokens, refreshToken: "" });
}

async function listSessions(
  deps: Deps,
  request: ListSessionsRequest,
  principal: Principal,
): Promise<MessageInitShape<typeof ListSessionsResponseSchema>> {
  const limit = parsePageSize(request.pageSize);
  const after = parseSessionPageToken(request.pageToken);
  const { subject, sessionId } = ownSession(deps, principal);
  // One more than asked for tells whether there is a next page.
  const page = { subject, limit: limit + 1, ...(after === undefined ? {} : { after }) };
  const found = await deps.sessions.list(page);
  const shown = found.slice(0, limit);
  const last = found.length > limit ? shown.at(-1) : undefined;
  return {
    sessions: shown.map((session) => toSessionMessage(session, sessionId)),
    nextPageToken: last === undefined ? "" : toSessionPageToken(last),
  };
}

async function revokeSession(deps: Deps, sessionId: string, principal: Principal): Promise<void> {
  const { subject } = ownSession(deps, principal);
  const ended = await deps.sessions.end({ where: { sessionId, subject }, reason: "revoked_by_user" });
  if (ended.length > 0) {
    return;
  }
  // A session that had ended already is in order: the caller's first try may have been answered too late.
  const session = await deps.sessions.find(sessionId);
  if (session?.subject !== subject) {
    throw new ConnectError("there is no such session", Code.NotFound);
  }
}

/** Find out whose sessions are meant. Another issuer may use the same subjects and session identifiers for somebody else. */
function ownSession(
  { issuer }: Deps,
  principal: Principal,
): { readonly subject: string; readonly sessionId: string } {
  const { subject, sessionId } = principal;
  if (principal.issuer !== issuer || sessionId === undefined) {
    throw new ConnectError(
      "the access token does not belong to a session of this server",
      Code.FailedPrecondition,
    );
  }
  if (principal.claims.act !== undefined) {
    // RFC 8693 §4.1: whoever acts for a user got scopes for that, and sessions are under none of them.
    throw new AuthError("POLICY_DENIED", "sessions are managed by their user, not by who acts for them");
  }
  return { subject, sessionId };
}
