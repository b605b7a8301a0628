import type { ConnectRouter, HandlerContext, ServiceImpl } from "@connectrpc/connect";
import { Delivery, SessionService } from "@countersign/gen/countersign/auth/v1/session_pb.js";
import type { Clock } from "../core/clock.ts";
import { assertOptions, type OptionForm } from "../core/option-forms.ts";
import type { SignedOutReason } from "../core/store.ts";
import { createFakeProofs } from "./fake-proofs.ts";
import { createRefusal } from "./fake-refusal.ts";
import { createFakeSessions, type FakeGrant } from "./fake-sessions.ts";

/** What {@link createFakeServer} needs. */
export interface FakeServerOptions {
  readonly clock: Clock;
  /** How long an access token lasts, in milliseconds. Default 600,000. */
  readonly lifetimeMs?: number | undefined;
}

/** Runs before every refresh: throws to refuse it, waits to delay it. `attempt` counts from 1. */
export type RefreshScript = (attempt: number) => void | Promise<void>;

/** Runs before a call: throws to refuse it, waits to delay it. */
export type CallScript = () => void | Promise<void>;

/** A Countersign server that plays a script: for `createRouterTransport`, or under any Connect adapter. */
export interface FakeServer {
  /** Serves the SessionService. */
  readonly routes: (router: ConnectRouter) => void;
  /**
   * Check the token of a call, in an interceptor or a handler of the services under test. Answers the session's id.
   *
   * @throws ConnectError with the reasons of a real server
   */
  readonly authenticate: (header: Headers) => string;
  /** Play a script with every refresh from now on; without one, refreshes work. */
  readonly onRefresh: (script?: RefreshScript) => void;
  /** Run after a refresh was processed and before it is answered. */
  readonly afterRefresh: (script?: RefreshScript) => void;
  /** Play a script with every call of WhoAmI, before its token is checked; without one, calls work. */
  readonly onCall: (script?: CallScript) => void;
  /** Set how long access tokens last from now on. */
  readonly setLifetimeMs: (lifetimeMs: number) => void;
  /** End sessions at the server's side. Default: all. */
  readonly revoke: (reason: SignedOutReason, sessionId?: string) => void;
  /** Refuse every access token that was handed out so far. */
  readonly distrust: () => void;
  /** Refuse proofs without this nonce from now on (RFC 9449 §8). Default, and `undefined`: proofs need none. */
  readonly setNonce: (nonce: string | undefined) => void;
  /** What has been asked for so far. */
  readonly counts: () => FakeServerCounts;
}

/** What a fake server has been asked for. */
export interface FakeServerCounts {
  readonly signIns: number;
  readonly signOuts: number;
  /** Refresh requests, whether they worked or not. */
  readonly refreshes: number;
  /** Refresh tokens that were replaced. */
  readonly rotations: number;
}

const FORMS = {
  clock: "object",
  lifetimeMs: "number",
} satisfies Record<keyof FakeServerOptions, OptionForm>;

const DEFAULT_LIFETIME_MS = 600_000;
const COOKIE = "countersign_refresh";
const PASSWORD = "demo-password";

/**
 * Create a fake server. Every user name works, with the password `demo-password`. Sessions that begin, or go on, with a
 * DPoP proof are bound to its key; signatures are not checked.
 *
 * @throws TypeError when an option is misspelt, or of another form
 */
export function createFakeServer(options: FakeServerOptions): FakeServer {
  assertOptions("createFakeServer", options, FORMS);
  const { clock } = options;
  let lifetimeMs = options.lifetimeMs ?? DEFAULT_LIFETIME_MS;
  let before: RefreshScript | undefined;
  let after: RefreshScript | undefined;
  let beforeCall: CallScript | undefined;
  const counts = { signIns: 0, signOuts: 0, refreshes: 0 };
  const proofs = createFakeProofs();
  const sessions = createFakeSessions({ clock, lifetimeMs: () => lifetimeMs });

  function authenticate(header: Headers): string {
    const authorization = header.get("authorization");
    if (authorization === null) {
      throw createRefusal("TOKEN_MISSING");
    }
    const [scheme, accessToken = ""] = authorization.split(" ", 2);
    const { key, sessionId } = sessions.check(accessToken);
    if (scheme !== schemeOf(key)) {
      throw createRefusal("TOKEN_INVALID");
    }
    if (key !== undefined && proofs.keyOf(header) !== key) {
      throw createRefusal("DPOP_PROOF_INVALID");
    }
    return sessionId;
  }

  function deliver(grant: FakeGrant, context: HandlerContext, inCookie: boolean) {
    const tokens = toTokens(grant, clock);
    if (!inCookie || grant.refreshToken === "") {
      return tokens;
    }
    // Without Secure, unlike a real server's: tests speak plain http.
    const path = `/${SessionService.typeName}/`;
    const cookie = `${COOKIE}=${grant.refreshToken}; HttpOnly; SameSite=Strict; Path=${path}`;
    context.responseHeader.append("set-cookie", cookie);
    return { ...tokens, refreshToken: "" };
  }

  const service: Partial<ServiceImpl<typeof SessionService>> = {
    signIn({ credential, scopes, delivery, sessionId }, context) {
      counts.signIns += 1;
      if (credential.case !== "password" || credential.value.password !== PASSWORD) {
        throw createRefusal("CREDENTIALS_INVALID");
      }
      const user = { username: credential.value.username, scopes, key: proofs.keyOf(context.requestHeader) };
      const grant = sessions.carryOn(sessionId, user) ?? sessions.begin(user);
      return { tokens: deliver(grant, context, delivery === Delivery.COOKIE) };
    },
    async refresh({ refreshToken, refreshId }, context) {
      counts.refreshes += 1;
      const attempt = counts.refreshes;
      await before?.(attempt);
      const key = proofs.keyOf(context.requestHeader);
      const grant = sessions.refresh({ refreshToken: refreshToken || readCookie(context), refreshId, key });
      await after?.(attempt);
      return { tokens: deliver(grant, context, refreshToken === "") };
    },
    async whoAmI(_request, { requestHeader }) {
      await beforeCall?.();
      return { sessionId: authenticate(requestHeader) };
    },
    signOut(_request, context) {
      const sessionId = authenticate(context.requestHeader);
      counts.signOuts += 1;
      sessions.revoke("revoked", sessionId);
      return {};
    },
  };

  return {
    routes: (router) => void router.service(SessionService, service),
    authenticate,
    onRefresh(script) {
      before = script;
    },
    afterRefresh(script) {
      after = script;
    },
    onCall(script) {
      beforeCall = script;
    },
    setLifetimeMs(value) {
      lifetimeMs = value;
    },
    revoke: sessions.revoke,
    distrust: sessions.distrust,
    setNonce: proofs.setNonce,
    counts: () => ({ ...counts, rotations: sessions.rotations() }),
  };
}

function readCookie({ requestHeader }: HandlerContext): string {
  const pairs = (requestHeader.get("cookie") ?? "").split("; ").map((pair) => pair.split("="));
  return pairs.find(([name]) => name === COOKIE)?.[1] ?? "";
}

function toTokens(grant: FakeGrant, clock: Clock) {
  const { accessToken, refreshToken, sessionId, scopes } = grant;
  const leftMs = Math.max(0, grant.expiresAtMs - clock.nowMs());
  const expiresIn = { seconds: BigInt(Math.floor(leftMs / 1000)), nanos: (leftMs % 1000) * 1_000_000 };
  return {
    accessToken,
    refreshToken,
    sessionId,
    scopes: [...scopes],
    expiresIn,
    tokenType: schemeOf(grant.key),
  };
}

function schemeOf(key: string | undefined): "Bearer" | "DPoP" {
  return key === undefined ? "Bearer" : "DPoP";
}
