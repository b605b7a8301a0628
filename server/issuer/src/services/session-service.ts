import type { HandlerContext, ServiceImpl } from "@connectrpc/connect";
import {
  Delivery,
  type RefreshRequest,
  type SessionService,
  type SignInRequest,
} from "@countersign/gen/countersign/auth/v1/session_pb.js";
import { AuthError, type Clock, principalOf } from "@countersign/server";
import { assertValid, peerOf, toMethodName } from "@countersign/server/internal";
import type { Sessions } from "../sessions/sessions.ts";
import type { IssuedTokens } from "../sessions/tokens.ts";
import { readDeviceProofs, writeDeviceProofs } from "./device-cookie.ts";
import { textViolations } from "./input.ts";
import { changeOwnPassword } from "./own-password.ts";
import { listOwnSessions, readOwnSession, revokeOtherSessions, revokeOwnSession } from "./own-sessions.ts";
import { createRefreshCookie, type RefreshCookie } from "./refresh-cookie.ts";
import type { ReadProvenKey } from "./sender-proof.ts";
import {
  assertRefreshRequest,
  MAX_SESSION_ID_BYTES,
  namingWrongResources,
  readCredential,
  readMaxAccessTtl,
} from "./session-input.ts";
import { toTokenSet, toWhoAmI } from "./session-messages.ts";
import type { SignIn } from "./session-sign-in.ts";
import { toSessionUse } from "./session-use.ts";

/** What the service of sessions needs. */
export interface SessionServiceOptions {
  readonly sessions: Sessions;
  readonly signIn: Pick<SignIn, "begin" | "changePassword">;
  /** Reads the DPoP proofs of SignIn and Refresh. */
  readonly readProvenKey: ReadProvenKey;
  /** Claim `iss` of our own tokens: those of other issuers have no session here. */
  readonly issuer: string;
  /**
   * Says whether pages of an origin, such as `https://app.example`, may have their refresh token in a cookie.
   * Default: none may, and `DELIVERY_COOKIE` answers `Unimplemented`.
   */
  readonly isCookieOrigin?: (origin: string) => boolean;
  /** The longest token that is taken as a credential, in bytes. */
  readonly maxTokenBytes: number;
  readonly clock: Clock;
}

/** What both SignIn and Refresh answer. */
interface TokenResponse {
  readonly tokens: ReturnType<typeof toTokenSet>;
}

interface Deps extends Omit<SessionServiceOptions, "clock" | "isCookieOrigin"> {
  readonly cookie: RefreshCookie;
}

/** Create the service that signs in, and keeps signed in. */
export function createSessionService(options: SessionServiceOptions): ServiceImpl<typeof SessionService> {
  const { sessions, issuer, isCookieOrigin, clock } = options;
  const deps: Deps = {
    sessions,
    signIn: options.signIn,
    readProvenKey: options.readProvenKey,
    issuer,
    maxTokenBytes: options.maxTokenBytes,
    cookie: createRefreshCookie({ isCookieOrigin, issuer, clock }),
  };
  return {
    signIn: (request, ctx) => signIn(deps, request, ctx),
    refresh: (request, ctx) => refresh(deps, request, ctx),
    async signOut(_, ctx) {
      const { sessionId, subject } = readOwnSession(deps, principalOf(ctx));
      await deps.sessions.end({ where: { sessionId, subject }, reason: "signed_out", isProven: true });
      deps.cookie.clear(ctx, sessionId);
      return {};
    },
    listSessions: (request, ctx) => listOwnSessions(deps, request, principalOf(ctx)),
    async revokeSession({ sessionId }, ctx) {
      assertValid(
        textViolations("session_id", sessionId, { minCharacters: 1, maxBytes: MAX_SESSION_ID_BYTES }),
      );
      await revokeOwnSession(deps, sessionId, principalOf(ctx));
      return {};
    },
    revokeOtherSessions: (_, ctx) => revokeOtherSessions(deps, principalOf(ctx)),
    changePassword: (request, ctx) =>
      changeOwnPassword(deps, request, { principal: principalOf(ctx), peer: peerOf(ctx.values) }),
    whoAmI: (_, ctx) => toWhoAmI(principalOf(ctx)),
  };
}

async function signIn(deps: Deps, request: SignInRequest, ctx: HandlerContext): Promise<TokenResponse> {
  const credential = readCredential(request, deps.maxTokenBytes);
  const inCookie = request.delivery === Delivery.COOKIE;
  if (inCookie) {
    deps.cookie.assertOrigin(ctx);
  }
  const { scopes, resources, device } = request;
  const sessionId = request.sessionId === "" ? undefined : request.sessionId;
  const maxAccessTtlMs = readMaxAccessTtl(request);
  const peer = peerOf(ctx.values);
  const use = toSessionUse({ headers: ctx.requestHeader, peer, device });
  const binding = await readBinding(deps, ctx);
  const origin = { peer, deviceProofs: readDeviceProofs(ctx), refreshToken: deps.cookie.peek(ctx) };
  const wish = { scopes, resources, maxAccessTtlMs, binding, use };
  const { deviceProofs, ...tokens } = await namingWrongResources(() =>
    deps.signIn.begin({ ...wish, credential, origin, sessionId }),
  );
  const response = { tokens: deliver(deps, ctx, { tokens, inCookie }) };
  if (inCookie && deviceProofs !== undefined) {
    writeDeviceProofs(ctx, deviceProofs);
  }
  return response;
}

async function refresh(deps: Deps, request: RefreshRequest, ctx: HandlerContext): Promise<TokenResponse> {
  assertRefreshRequest(request);
  const { refreshId, resources } = request;
  const inCookie = request.refreshToken === "";
  const refreshToken = inCookie ? deps.cookie.read(ctx) : request.refreshToken;
  if (refreshToken === undefined) {
    throw new AuthError(
      "REFRESH_TOKEN_INVALID",
      "there is no refresh token, neither in the request nor in a cookie",
    );
  }
  const maxAccessTtlMs = readMaxAccessTtl(request);
  const use = toSessionUse({ headers: ctx.requestHeader, peer: peerOf(ctx.values) });
  const binding = await readBinding(deps, ctx);
  const tokens = await namingWrongResources(() =>
    deps.sessions.refresh({ refreshToken, refreshId, resources, maxAccessTtlMs, binding, use }),
  );
  return { tokens: deliver(deps, ctx, { tokens, inCookie }) };
}

/** The method is that of the descriptor: what stands in the request may have been changed on the way. */
function readBinding(
  { readProvenKey }: Deps,
  { requestHeader: headers, requestMethod: httpMethod, method }: HandlerContext,
): ReturnType<ReadProvenKey> {
  return readProvenKey({ headers, httpMethod, path: `/${toMethodName(method)}` });
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
