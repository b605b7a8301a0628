import type { Clock } from "../core/clock.ts";
import type { SignedOutReason } from "../core/store.ts";
import { createRefusal } from "./fake-refusal.ts";

/** Tokens as the fake server hands them out. */
export interface FakeGrant {
  readonly accessToken: string;
  readonly refreshToken: string;
  readonly expiresAtMs: number;
  readonly scopes: readonly string[];
  readonly sessionId: string;
  /** The key that the tokens are bound to. */
  readonly key: string | undefined;
}

/** What the fake server keeps of a session. */
interface FakeSession {
  readonly id: string;
  readonly username: string;
  readonly scopes: readonly string[];
  readonly older: Set<string>;
  key: string | undefined;
  current: FakeGrant;
  previous?: { readonly refreshToken: string; readonly refreshId: string };
  ended?: SignedOutReason;
}

/** The sessions of the fake server: the same rules as the real one's, without cryptography. */
export interface FakeSessions {
  readonly begin: (user: FakeUser) => FakeGrant;
  /** Carry on a session of the same user, without another refresh token; `undefined` when there is none. */
  readonly carryOn: (sessionId: string, user: FakeUser) => FakeGrant | undefined;
  /** @throws ConnectError `REFRESH_TOKEN_INVALID`, `SESSION_REVOKED`, `DPOP_PROOF_INVALID` */
  readonly refresh: (attempt: FakeRefresh) => FakeGrant;
  /** Find what an access token is of. @throws ConnectError `TOKEN_…`, `SESSION_REVOKED` */
  readonly check: (accessToken: string) => FakeGrant;
  /** End a session, or all of them. */
  readonly revoke: (reason: SignedOutReason, sessionId?: string) => void;
  /** Refuse every access token that exists, as a server does whose keys were replaced. */
  readonly distrust: () => void;
  /** How many refresh tokens were replaced. */
  readonly rotations: () => number;
}

/** Who begins a session. */
export interface FakeUser {
  readonly username: string;
  readonly scopes: readonly string[];
  /** The key that the tokens are to be bound to. */
  readonly key: string | undefined;
}

/** A refresh that is asked for. */
export interface FakeRefresh {
  readonly refreshToken: string;
  readonly refreshId: string;
  /** The key of its proof. */
  readonly key: string | undefined;
}

/** What {@link createFakeSessions} needs. */
export interface FakeSessionsOptions {
  readonly clock: Clock;
  /** How long an access token lasts, in milliseconds; asked for every time. */
  readonly lifetimeMs: () => number;
}

/** Create the sessions of a fake server. */
export function createFakeSessions({ clock, lifetimeMs }: FakeSessionsOptions): FakeSessions {
  const sessions = new Map<string, FakeSession>();
  const trusted = new Map<string, FakeGrant>();
  let rotations = 0;
  let serial = 0;

  function mint({ id: sessionId, scopes, key }: Pick<FakeSession, "id" | "scopes" | "key">): FakeGrant {
    serial += 1;
    const [accessToken, refreshToken] = [`access-${serial}`, `refresh-${serial}`];
    const expiresAtMs = clock.nowMs() + lifetimeMs();
    const grant = { accessToken, refreshToken, scopes, sessionId, key, expiresAtMs };
    trusted.set(accessToken, grant);
    return grant;
  }

  function rotate(session: FakeSession, refreshToken: string, refreshId: string): FakeGrant {
    rotations += 1;
    session.older.add(refreshToken);
    session.previous = { refreshToken, refreshId };
    session.current = mint(session);
    return session.current;
  }

  function refresh({ refreshToken, refreshId, key }: FakeRefresh): FakeGrant {
    const session = [...sessions.values()].find(
      ({ current, older }) => current.refreshToken === refreshToken || older.has(refreshToken),
    );
    if (session === undefined) {
      throw createRefusal("REFRESH_TOKEN_INVALID");
    }
    if (session.ended !== undefined) {
      throw ended(session.ended);
    }
    if (session.key !== undefined && session.key !== key) {
      throw createRefusal("DPOP_PROOF_INVALID");
    }
    session.key = key;
    if (session.current.refreshToken === refreshToken) {
      return rotate(session, refreshToken, refreshId);
    }
    const { previous } = session;
    if (previous?.refreshToken === refreshToken && previous.refreshId === refreshId) {
      return session.current;
    }
    session.ended = "reuse_detected";
    throw ended(session.ended);
  }

  return {
    begin({ username, scopes, key }) {
      const id = `session-${sessions.size + 1}`;
      const current = mint({ id, scopes, key });
      sessions.set(id, { id, username, scopes, key, current, older: new Set() });
      return current;
    },
    carryOn(sessionId, { username, key }) {
      const session = sessions.get(sessionId);
      const goesOn = session?.username === username && session.key === key && session.ended === undefined;
      return goesOn ? { ...mint(session), refreshToken: "" } : undefined;
    },
    refresh,
    check(accessToken) {
      const grant = trusted.get(accessToken);
      if (grant === undefined) {
        throw createRefusal("TOKEN_INVALID");
      }
      if (sessions.get(grant.sessionId)?.ended !== undefined) {
        throw createRefusal("SESSION_REVOKED");
      }
      if (grant.expiresAtMs <= clock.nowMs()) {
        throw createRefusal("TOKEN_EXPIRED");
      }
      return grant;
    },
    revoke(reason, sessionId) {
      for (const session of sessions.values()) {
        if (sessionId === undefined || session.id === sessionId) {
          session.ended ??= reason;
        }
      }
    },
    distrust: () => trusted.clear(),
    rotations: () => rotations,
  };
}

function ended(reason: SignedOutReason) {
  return createRefusal("SESSION_REVOKED", { metadata: { cause: reason } });
}
