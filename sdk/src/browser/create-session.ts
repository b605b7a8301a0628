import { assembleSession } from "../core/assemble-session.ts";
import type { Session } from "../core/session.ts";
import type { TokenSource } from "../core/source.ts";
import type { SessionStore } from "../core/store.ts";
import { createBroadcastPeers } from "./broadcast-peers.ts";
import { createFetchSource } from "./fetch-source.ts";
import { createIndexedDbStore } from "./indexed-db-store.ts";
import { listenForWakeUps } from "./wake-ups.ts";

/** What {@link createSession} needs. */
export interface BrowserSessionOptions {
  /** The address of the server; a relative one counts from the page. */
  readonly baseUrl: string;
  /** Where tokens come from. Default: the SessionService at `baseUrl`. */
  readonly source?: TokenSource;
  /** Where the session is kept. Default: IndexedDB, shared by all tabs and kept over reloads. */
  readonly store?: SessionStore;
  /** Origins that get the token over plain http although they are on another machine. Default: none. */
  readonly allowInsecure?: readonly string[];
}

/**
 * Create a session in a browser. It may be called while a page is rendered on a server: there it is in memory,
 * opens nothing, and is rendered as loading.
 *
 * @throws TypeError when `baseUrl` is not an http or https URL
 */
export function createSession(options: BrowserSessionOptions): Session {
  const baseUrl = new URL(options.baseUrl, globalThis.location?.href).href;
  const name = `countersign:${new URL(baseUrl).origin}`;
  return assembleSession({
    ...options,
    baseUrl,
    source: options.source ?? createFetchSource(baseUrl),
    ...(isBrowser() ? sharedBy(name) : {}),
    ...(options.store === undefined ? {} : { store: options.store }),
  });
}

/** Whether there is a page or a worker. Servers have BroadcastChannel too, and it would keep their process alive. */
function isBrowser(): boolean {
  return globalThis.location !== undefined;
}

/** What all tabs of the origin have in common. */
function sharedBy(name: string) {
  return {
    store: createIndexedDbStore({ key: name }),
    peers: createBroadcastPeers(name),
    wakeUps: listenForWakeUps,
  };
}
