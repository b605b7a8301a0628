import { createAccess } from "./access.ts";
import { type Clock, systemClock } from "./clock.ts";
import { whenNetworkIsBack } from "./entries.ts";
import { SessionError } from "./errors.ts";
import { listen } from "./events.ts";
import { explainedAt } from "./failure.ts";
import { createHolder } from "./holder.ts";
import { assertHost } from "./host.ts";
import { createInterceptor } from "./interceptor.ts";
import { createMemoryStore } from "./memory-store.ts";
import { createOriginGuard, type OriginGuardOptions } from "./origin.ts";
import { NO_PEERS, type Peers } from "./peers.ts";
import { signOutResult } from "./revoke.ts";
import type { Session } from "./session.ts";
import type { SessionContext } from "./session-context.ts";
import { CORES, type SessionCore } from "./session-core.ts";
import { createSharedEntry } from "./shared-entry.ts";
import { beginSession, endSession } from "./sign-in.ts";
import { LOADING_SNAPSHOT } from "./snapshot.ts";
import type { TokenGrant, TokenSource } from "./source.ts";
import { createStepUps, type OnStepUp } from "./step-up.ts";
import type { SessionStore } from "./store.ts";
import type { StreamContext } from "./stream-call.ts";
import type { TokenBinding } from "./token-binding.ts";
import { createUpkeep } from "./upkeep.ts";
import { withTimeout } from "./waiting.ts";

/** What `assembleSession` needs. */
export interface AssembleOptions extends OriginGuardOptions {
  /** Where tokens come from, which may be another session: `fromSession`. */
  readonly source: TokenSource | SessionSource;
  /**
   * The server at `baseUrl`: renews streams, there and elsewhere, for a source that cannot, if their responses show that
   * they end.
   */
  readonly server?: TokenSource | undefined;
  /** Where the session is kept. Default: in memory. */
  readonly store?: SessionStore | undefined;
  /** Keeps the request messages of streams for a second opening. Default: those of streams that have only one. */
  readonly replay?: StreamContext["replay"];
  /** The session calls it with every stream. Default: no listener. */
  readonly onStream?: StreamContext["onStream"];
  /**
   * Signs the user in again for a call that was refused with `REAUTH_REQUIRED`, by `signIn` or `begin` of the same session
   * or so that its source has a newer token. The session calls it once for all calls with the same demand, and makes
   * each of them once more when it resolves. Default: such calls fail.
   */
  readonly onStepUp?: OnStepUp | undefined;
  /**
   * Binds the tokens to a key, so that a copy of them is worth nothing: `dpop()`. Default: as the source does, such as `oidc`
   * with an option `dpop`, else they are bound to none.
   */
  readonly dpop?: TokenBinding | undefined;
  /** Default: the machine's clock. */
  readonly clock?: Clock | undefined;
  /** The other tabs. Default: those of the store, if it knows any. */
  readonly peers?: Peers | undefined;
}

/** Another session in the place of a source: see `fromSession`. */
export interface SessionSource {
  /** Make a session that follows the other one. */
  readonly follow: (options: FollowOptions) => Session;
}

/** Options of a session that follows another one: the other one keeps the tokens. */
export type FollowOptions = Omit<AssembleOptions, "source" | "store" | "clock" | "peers" | "dpop">;

/**
 * Put a session together.
 *
 * @throws TypeError when `baseUrl` is not an absolute http or https URL
 */
export function assembleSession(options: AssembleOptions): Session {
  assertHost();
  const { baseUrl, server, source, clock = systemClock, store = createMemoryStore() } = options;
  if ("follow" in source) {
    return source.follow(options);
  }
  const { peers = store.peers ?? NO_PEERS, dpop: binding = source.dpop } = options;
  const refuseToken = createOriginGuard(options);
  const holder = createHolder(clock);
  const { change, close } = createSharedEntry({ store, clock, holder, peers });
  const loaded = change<undefined>();
  /** Settles when the store has been read for the last time that there was news. */
  let latest: Promise<unknown> = loaded;
  let isDisposed = false;
  const refusal = refuseToken(baseUrl);
  // What is in the store goes nowhere where an access token would not go either. Other sources are elsewhere.
  const ready = async (isForBaseUrl = source === server): Promise<void> => {
    if (isForBaseUrl && refusal) {
      throw refusal;
    }
    if (!isDisposed) {
      await latest;
    }
    if (isDisposed) {
      throw new SessionError("DISPOSED");
    }
  };
  const context: SessionContext = { clock, source, binding, holder, peers, change, ready };
  const access = createAccess(context);
  // Streams are renewed where they were opened: only origins that may have the token have any.
  const renewStreams = source.renewStreams?.bind(source) ?? server?.renewStreams;
  const stepUps = options.onStepUp && createStepUps(options.onStepUp, clock);
  const looks = new Set<() => void>();
  const core: SessionCore = { access, clock, holder, binding, stepUps, looks };
  const upkeep = createUpkeep(core, renewStreams);
  looks.add(upkeep.look);
  const look = () => {
    for (const each of looks) {
      each();
    }
  };
  const stop = peers.subscribe(({ type }) => {
    latest = change(type === "online" ? whenNetworkIsBack : undefined).then(look);
  });

  async function begin(acquire: () => Promise<TokenGrant>): Promise<void> {
    // Nor do passwords and tokens from elsewhere.
    await ready(true);
    await beginSession(context, acquire, stepUps?.isOpen());
    look();
    const readerTurns = 20;
    // Readers of the earlier account's streams see the end first: it passes through Connect's iterators in some turns.
    for (let turns = 0; turns < readerTurns; turns += 1) {
      await Promise.resolve();
    }
  }

  function dispose(): void {
    if (isDisposed) {
      return;
    }
    isDisposed = true;
    stop();
    holder.clear();
    upkeep.stop();
    close();
  }

  const streams = renewStreams && upkeep;
  const { replay, onStream } = options;
  const interceptor = createInterceptor(core, { source, refuseToken, streams, replay, onStream });
  CORES.set(interceptor, core);
  return Object.freeze({
    ready: loaded,
    interceptor,
    async signIn(credential) {
      if (!source.signIn) {
        throw new TypeError("the source has no signIn: use begin");
      }
      const signIn = source.signIn.bind(source, credential);
      const goesOn = stepUps?.isOpen() ? holder.held() : undefined;
      await begin(async () => {
        const prover = binding?.proverOf(goesOn ?? {});
        const signInContext = { sessionId: goesOn?.sessionId, prover };
        try {
          const grant = await withTimeout(clock, (signal) => signIn(signal, signInContext));
          return { proofKey: await prover?.key(), ...grant };
        } catch (error) {
          throw source === server ? explainedAt(baseUrl, error) : error;
        }
      });
    },
    begin,
    signOut() {
      // At once, whatever the store does.
      holder.leave();
      return signOutResult(ready().then(() => endSession(context)));
    },
    token: async (tokenOptions) => (await access.obtain(tokenOptions)).accessToken.reveal(),
    async refresh() {
      await access.replace(await access.obtain(), undefined, true);
    },
    subscribe(listener) {
      const unsubscribe = listen(holder.changes, listener);
      look();
      return unsubscribe;
    },
    getSnapshot: holder.snapshot,
    getServerSnapshot: () => LOADING_SNAPSHOT,
    on: (listener) => listen(holder.events, listener),
    dispose,
    [Symbol.asyncDispose]: async () => dispose(),
  } satisfies Session);
}
