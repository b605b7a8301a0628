import { createAccess } from "./access.ts";
import { type Clock, systemClock } from "./clock.ts";
import { SessionError } from "./errors.ts";
import { createHolder } from "./holder.ts";
import { createInterceptor } from "./interceptor.ts";
import { keepFresh } from "./keep-fresh.ts";
import { createMemoryStore } from "./memory-store.ts";
import { createOpenStreams } from "./open-streams.ts";
import { createOriginGuard } from "./origin.ts";
import { NO_PEERS, type Peers } from "./peers.ts";
import type { RefreshContext } from "./refresh-context.ts";
import { createRenewStreams } from "./renew-streams.ts";
import { createResilientStore } from "./resilient-store.ts";
import type { Session } from "./session.ts";
import { assertMaySend, beginSession, endSession, signInWith } from "./sign-in.ts";
import { LOADING_SNAPSHOT } from "./snapshot.ts";
import type { TokenGrant, TokenSource } from "./source.ts";
import type { SessionStore } from "./store.ts";

/** Calls back when the machine may have slept or another tab may have been busy. @returns a function that stops it */
export type WakeUps = (wake: () => void) => () => void;

/** What {@link assembleSession} needs. */
export interface AssembleOptions {
  /** The address of the server, absolute. Its origin is the only one that gets the token. */
  readonly baseUrl: string;
  /** Where tokens come from. */
  readonly source: TokenSource;
  /** Where the session is kept. Default: in memory. */
  readonly store?: SessionStore;
  /** Default: the machine's clock. */
  readonly clock?: Clock;
  /** Origins that get the token over plain http although they are on another machine. Default: none. */
  readonly allowInsecure?: readonly string[];
  /** The other tabs. Default: those of the store, if it knows any. */
  readonly peers?: Peers;
  /** Default: none. */
  readonly wakeUps?: WakeUps;
}

/**
 * Put a session together.
 *
 * @throws TypeError when `baseUrl` is not an absolute http or https URL
 */
export function assembleSession(options: AssembleOptions): Session {
  const { baseUrl, source, clock = systemClock } = options;
  const peers = options.peers ?? options.store?.peers ?? NO_PEERS;
  const mayReceiveToken = createOriginGuard(options);
  const holder = createHolder(clock);
  const store = createResilientStore({
    store: options.store ?? createMemoryStore(),
    clock,
    onHealth: (error) => holder.setDegraded("store", error),
  });
  const context: RefreshContext = { clock, store, source, holder, peers };
  const reread = async () => holder.adopt(await store.read());
  const ready = reread();
  const access = createAccess({ ...context, ready });
  const keeper = keepFresh({ access, clock, holder });
  const renew = createRenewStreams(source, clock);
  const streams = renew && createOpenStreams({ access, clock, renew });
  const look = (): void => {
    keeper.look();
    streams?.look();
  };
  const stop = listen(context, { reread, look, wakeUps: options.wakeUps });
  const lifetime = createLifetime([
    stop,
    keeper.stop,
    () => streams?.stop(),
    peers.close,
    holder.clear,
    () => store.close?.(),
  ]);
  async function begin(acquire: () => Promise<TokenGrant>): Promise<void> {
    lifetime.assertLives();
    await ready;
    await beginSession(context, acquire);
    keeper.look();
  }
  return Object.freeze({
    ready,
    interceptor: createInterceptor({ access, clock, mayReceiveToken, streams }),
    async signIn(credential) {
      lifetime.assertLives();
      assertMaySend(baseUrl, mayReceiveToken);
      await begin(() => signInWith(context, credential));
    },
    begin,
    async signOut() {
      lifetime.assertLives();
      await ready;
      return endSession(context);
    },
    async token(tokenOptions) {
      lifetime.assertLives();
      return (await access.obtain(tokenOptions)).entry.accessToken.reveal();
    },
    async refresh() {
      lifetime.assertLives();
      const newer = await access.replace(await access.obtain());
      if (newer === undefined) throw new SessionError("REFRESH_UNAVAILABLE");
    },
    subscribe(listener) {
      const unsubscribe = holder.changes.add(listener);
      keeper.look();
      return unsubscribe;
    },
    getSnapshot: holder.snapshot,
    getServerSnapshot: () => LOADING_SNAPSHOT,
    on: holder.events.add,
    dispose: lifetime.end,
    [Symbol.asyncDispose]: () => Promise.resolve(lifetime.end()),
  } satisfies Session);
}

interface Watch {
  readonly reread: () => Promise<void>;
  readonly look: () => void;
  readonly wakeUps: WakeUps | undefined;
}

/** Follow the other tabs and the machine's waking up: both mean that the store may have moved on. */
function listen({ peers }: RefreshContext, { reread, look, wakeUps }: Watch): () => void {
  const wake = () => void reread().then(look);
  const stops = [peers.subscribe(wake), wakeUps?.(wake)];
  return () => {
    for (const stop of stops) stop?.();
  };
}

function createLifetime(ends: readonly (() => unknown)[]) {
  let lives = true;
  const assertLives = (): void => {
    if (!lives) throw new SessionError("DISPOSED");
  };
  const end = (): void => {
    if (!lives) return;
    lives = false;
    for (const step of ends) step();
  };
  return { assertLives, end };
}
