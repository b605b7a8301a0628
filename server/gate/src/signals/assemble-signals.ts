import { findOwnerId } from "../streams/owner-id.ts";
import { createAccessTokenSource } from "./access-token.ts";
import { createFeed, type Feed } from "./feed.ts";
import { createHubCalls } from "./hub-calls.ts";
import { createHubRenewals, type HubRenewals } from "./hub-renewals.ts";
import { createHubWatcher, type HubWatcher } from "./hub-watcher.ts";
import type { SignalledServer } from "./signals.ts";
import type { ResolvedSignalsOptions } from "./signals-options.ts";

/** The parts of signals, put together. */
export interface SignalsParts {
  readonly feed: Feed;
  readonly watcher: HubWatcher;
  readonly renewals: HubRenewals;
}

/** Who needs signals. */
export interface SignalsUse {
  /** The servers of this process. */
  readonly servers: ReadonlySet<SignalledServer>;
  /** The audience of the first of them, or before there is one, a text in its place. */
  readonly audience: () => string;
  /** Called whenever all is known. */
  readonly onAlive: () => void;
  /** Ends all calls. */
  readonly signal: AbortSignal;
}

/** Put the parts of signals together. */
export function assembleSignals(
  resolved: ResolvedSignalsOptions,
  { servers, audience, onAlive, signal }: SignalsUse,
): SignalsParts {
  const { issuer, credential, urls, hubs, hashSubjects, fetch, clock, onError } = resolved;
  const serverId = findOwnerId();
  const feed = createFeed({ clock, onError });
  const calls = createHubCalls({ fetch, clock });
  const tokens = createAccessTokenSource({ issuer, credential, urls, fetch, clock, signal });
  const watcher = createHubWatcher({
    hubs,
    serverId,
    hashSubjects,
    audience,
    clock,
    calls,
    tokens,
    feed,
    random: Math.random,
    onAlive,
    onRenewal: (renewal) => renewals.answer(renewal),
    onError,
  });
  const renewals = createHubRenewals({
    serverId,
    audience,
    servers,
    calls,
    serving: () => watcher.serving,
    signal,
    onError,
  });
  return { feed, watcher, renewals };
}
