import { assembleSession, type SessionSource } from "../core/assemble-session.ts";
import type { OriginGuardOptions } from "../core/origin.ts";
import type { Session } from "../core/session.ts";
import type { MaxTokenLife, TokenSource } from "../core/source.ts";
import type { OnStepUp } from "../core/step-up.ts";
import type { SessionStore } from "../core/store.ts";
import type { TokenBinding } from "../core/token-binding.ts";
import { createBroadcastPeers } from "./broadcast-peers.ts";
import { createFetchSource, type Delivery } from "./fetch-source.ts";
import { createIndexedDbStore } from "./indexed-db-store.ts";
import { warnOfConnections } from "./warn-of-connections.ts";

/** What {@link createSession} needs. */
export interface BrowserSessionOptions extends OriginGuardOptions {
  /** The address of the server; a relative one counts from the page. Its origin gets the token. */
  readonly baseUrl: string;
  /** Where tokens come from, which may be another session: `fromSession`. Default: the SessionService at `baseUrl`. */
  readonly source?: TokenSource | SessionSource | undefined;
  /**
   * Computes how long an access token is to last at the most, in milliseconds, at least 2,000. The session calls it
   * before it gets a token. It can only shorten what the server grants. Default: as long as that.
   */
  readonly maxTokenLifeMs?: MaxTokenLife | undefined;
  /**
   * Where the refresh token is: in a `cookie` that no script can read, or in the `store`. Default: in the cookie
   * when the page is of the server's own origin, over https, and the server keeps cookies; else in the store.
   */
  readonly refreshTokenIn?: "cookie" | "store" | undefined;
  /** Where the session is kept. Default: IndexedDB, shared by all tabs and kept over reloads. */
  readonly store?: SessionStore | undefined;
  /**
   * Signs the user in again for a call that was refused with `REAUTH_REQUIRED`, by `signIn` or `begin` of this session, or so
   * that its source has a newer token. The session calls it once for all calls with the same demand, and makes
   * each of them once more when it resolves. Default: such calls fail.
   */
  readonly onStepUp?: OnStepUp | undefined;
  /**
   * Binds the tokens to a key, so that a copy of them is worth nothing: `dpop()` of `@countersign/sdk/dpop`. Default: as the
   * source does, such as `oidc` with an option `dpop`, else they are bound to none.
   */
  readonly dpop?: TokenBinding | undefined;
}

/**
 * Create a session in a browser. It may be called while a page is rendered on a server: there it is in memory,
 * opens nothing, and is rendered as loading.
 *
 * @throws TypeError when `baseUrl` is not an http or https URL
 */
export function createSession(options: BrowserSessionOptions): Session {
  const { location } = globalThis;
  // A page that is rendered on a server has no address yet, and makes no calls from there.
  const rendering = "https://localhost";
  const { href, origin } = new URL(options.baseUrl, location?.href ?? rendering);
  const baseUrl = href.replace(/\/$/, "");
  // Of two servers behind one origin, each has sessions of its own.
  const name = `countersign:${baseUrl}`;
  // Over plain http browsers may drop a Secure cookie without a word.
  const guess: Delivery = location?.origin === origin && location.protocol === "https:" ? "auto" : "store";
  // Servers have BroadcastChannel too, and it would keep their process alive.
  const isPage = location !== undefined;
  const server = createFetchSource(baseUrl, options.refreshTokenIn ?? guess, options.maxTokenLifeMs);
  const { allowedOrigins, allowInsecure, source = server, store, onStepUp, dpop } = options;
  return assembleSession({
    baseUrl,
    allowedOrigins,
    allowInsecure,
    source,
    server,
    store: isPage ? (store ?? createIndexedDbStore({ key: name })) : store,
    peers: isPage ? createBroadcastPeers(name) : undefined,
    onStream: isPage ? warnOfConnections : undefined,
    onStepUp,
    dpop,
  });
}
