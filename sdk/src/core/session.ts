import type { Interceptor } from "@connectrpc/connect";
import type { SessionEvent } from "./events.ts";
import type { SignOutResult } from "./revoke.ts";
import type { SessionSnapshot } from "./snapshot.ts";
import type { PasswordCredential, TokenGrant } from "./source.ts";

/** How to ask for a token. */
export interface TokenOptions {
  /** How long the token must still last, in milliseconds; at most half of its life. Default 0. */
  readonly minTtlMs?: number | undefined;
  /** Lets this caller go. A refresh that is under way goes on. */
  readonly signal?: AbortSignal | undefined;
}

/** A session: signs in, keeps every call authenticated, signs out. All functions can be passed around alone. */
export interface Session extends AsyncDisposable {
  /** Settled when the store has been read, or has not answered for 10 s. It never rejects. */
  readonly ready: Promise<void>;
  /** Puts the token into calls to `baseUrl` and the allowed origins; give it to a transport. */
  readonly interceptor: Interceptor;
  /**
   * Begin a session with a name and a password.
   *
   * @throws ConnectError Unauthenticated for a wrong name or password, DeadlineExceeded after 10 s
   * @throws SessionError `ORIGIN_NOT_ALLOWED`, `DISPOSED`
   * @throws TypeError when the session's source takes no password, or the session follows another one
   */
  readonly signIn: (credential: PasswordCredential) => Promise<void>;
  /**
   * Begin a session with tokens from elsewhere, such as those of an OpenID provider.
   *
   * @param acquire gets the tokens
   * @throws whatever `acquire` throws
   * @throws SessionError `ORIGIN_NOT_ALLOWED`, `DISPOSED`
   * @throws TypeError when the session follows another one
   */
  readonly begin: (acquire: () => Promise<TokenGrant>) => Promise<void>;
  /**
   * End the session and its streams here and in all tabs, then at the server. Never rejects: the result has whether the
   * server could be reached.
   *
   * @throws TypeError when the session follows another one: sign out there
   */
  readonly signOut: () => Promise<SignOutResult>;
  /**
   * Get the access token, refreshed if needed.
   *
   * @throws SessionError `SIGNED_OUT`, `REFRESH_UNAVAILABLE`, `ORIGIN_NOT_ALLOWED`, `DISPOSED`; the signal's reason
   */
  readonly token: (options?: TokenOptions) => Promise<string>;
  /**
   * Replace the access token now, such as after the account's roles have changed: at most once in 10 s.
   *
   * @throws SessionError `SIGNED_OUT`, `REFRESH_UNAVAILABLE`, `ORIGIN_NOT_ALLOWED`, `DISPOSED`
   */
  readonly refresh: () => Promise<void>;
  /**
   * Subscribe to new snapshots. While a session has subscribers, it refreshes ahead of expiry.
   *
   * @returns a function that stops it
   */
  readonly subscribe: (listener: () => void) => () => void;
  /** What the session looks like now: the same object until something changes. */
  readonly getSnapshot: () => SessionSnapshot;
  /** What it looks like while a page is rendered on a server: always loading. */
  readonly getServerSnapshot: () => SessionSnapshot;
  /** Subscribe to events. @returns a function that stops it */
  readonly on: (listener: (event: SessionEvent) => void) => () => void;
  /** End the streams, and let go of timers, channels and listeners. The session itself lives on in its store. */
  readonly dispose: () => void;
}
