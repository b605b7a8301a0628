import type { Access } from "./access.ts";
import { anySignal } from "./any-signal.ts";
import type { FollowOptions, SessionSource } from "./assemble-session.ts";
import { SessionError } from "./errors.ts";
import type { Held } from "./holder.ts";
import { createInterceptor } from "./interceptor.ts";
import { createOriginGuard } from "./origin.ts";
import type { Session } from "./session.ts";
import { CORES, type SessionCore } from "./session-core.ts";
import { createStepUps } from "./step-up.ts";
import { createUpkeep } from "./upkeep.ts";
import { waitFor } from "./waiting.ts";

/**
 * Make the source of a second session, for an API at another origin that takes the same tokens.
 *
 * The second session has no tokens of its own: it is the first one, with another base URL. Sign-in, refreshes, sign-out
 * and a change of account act on both at once. The options of the first one decide where the session is kept, and how
 * long tokens last.
 *
 * @throws TypeError when the session was not made by this SDK
 */
export function fromSession(session: Session): SessionSource {
  const core = CORES.get(session.interceptor);
  if (core === undefined) {
    throw new TypeError("fromSession needs a session that createSession has made");
  }
  return { follow: (options) => createFollower(session, core, options) };
}

function createFollower(leader: Session, core: SessionCore, options: FollowOptions): Session {
  const { server, replay, onStream, onStepUp } = options;
  const { clock, looks, binding } = core;
  const disposal = new AbortController();
  const stops = new Set<() => void>();
  const access = limitAccess(core.access, disposal.signal);
  const refuseToken = createOriginGuard(options);
  const renewStreams = server?.renewStreams;
  // The first session refreshes ahead for the subscribers of both.
  const holder = { ...core.holder, changes: new Set<() => void>() };
  const upkeep = createUpkeep({ access, clock, holder, binding }, renewStreams);
  const streams = renewStreams && upkeep;
  // The user who is asked is the same: the first session's answer serves both.
  const stepUps = core.stepUps ?? (onStepUp && createStepUps(onStepUp, clock));
  const own: SessionCore = { access, clock, holder: core.holder, binding, stepUps, looks };
  // The server at the base URL is not the source of the tokens.
  const interceptor = createInterceptor(own, { source: {}, refuseToken, streams, replay, onStream });
  CORES.set(interceptor, own);
  looks.add(upkeep.look);

  function untilDisposed(unsubscribe: () => void): () => void {
    stops.add(unsubscribe);
    return () => {
      stops.delete(unsubscribe);
      unsubscribe();
    };
  }

  function dispose(): void {
    for (const unsubscribe of stops) {
      unsubscribe();
    }
    disposal.abort(new SessionError("DISPOSED"));
    looks.delete(upkeep.look);
    upkeep.stop();
  }

  return Object.freeze({
    ...leader,
    interceptor,
    signIn: refuse,
    begin: refuse,
    signOut: refuse,
    token: async (tokenOptions) => (await access.obtain(tokenOptions)).accessToken.reveal(),
    async refresh() {
      await access.replace(await access.obtain(), undefined, true);
    },
    subscribe: (listener) => untilDisposed(leader.subscribe(listener)),
    on: (listener) => untilDisposed(leader.on(listener)),
    dispose,
    [Symbol.asyncDispose]: async () => dispose(),
  } satisfies Session);
}

/** Hand out tokens until the follower is disposed of: what runs under them ends with it as well. */
function limitAccess(access: Access, disposed: AbortSignal): Access {
  let account: AbortSignal | undefined;
  let ended = disposed;

  function own(held: Held): Held {
    // One signal for an account, not one for each call.
    if (held.ended !== account) {
      account = held.ended;
      ended = anySignal([account, disposed]);
    }
    return { ...held, ended };
  }

  return {
    usable() {
      const held = disposed.aborted ? undefined : access.usable();
      return held && own(held);
    },
    async obtain(options) {
      disposed.throwIfAborted();
      return own(await waitFor(access.obtain(options), disposed));
    },
    async replace(...refused) {
      disposed.throwIfAborted();
      const held = await waitFor(access.replace(...refused), disposed);
      return held && own(held);
    },
  };
}

async function refuse(): Promise<never> {
  throw new TypeError("this session follows another one: sign in and out there");
}
