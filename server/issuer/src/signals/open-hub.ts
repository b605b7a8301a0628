import type { Clock, FeedServed } from "@countersign/server";
import type { FedRevocations } from "../revoke/revocations.ts";
import type { Store } from "../store/database.ts";
import { createFeedEpoch } from "./feed-epoch.ts";
import { createForwardedRenewals, type ForwardedRenewals } from "./forwarded-renewals.ts";
import { createHub, type Hub } from "./hub.ts";
import { createSignalFeed, type SignalFeed } from "./signal-feed.ts";
import type { SignalLimits } from "./signal-limits.ts";
import { createSubjectHash } from "./subject-hash.ts";
import { createWatchedServers } from "./watched-servers.ts";
import type { Watcher } from "./watcher.ts";

/** What {@link openHub} needs. */
export interface OpenHubOptions {
  readonly store: Store;
  /** The key-encryption key, which all servers on the store share. */
  readonly secret: Uint8Array;
  readonly clock: Clock;
  /** The name of the issuer. */
  readonly issuer: string;
  readonly limits: SignalLimits;
  /** Observes what is done. It must not throw. Absent: nothing is. */
  readonly onServed: ((served: FeedServed) => void) | undefined;
}

/** A hub, and what feeds it. */
export interface OpenedHub {
  readonly hub: Hub;
  /** Has streams renewed among the servers that watch. */
  readonly renewals: ForwardedRenewals;
  /** Is to be handed all that is read of the store. */
  readonly feed: SignalFeed;
  /** Say what is revoked, before the first watcher comes. */
  attach(revocations: FedRevocations): void;
}

/** Put the hub together. @throws AuthError `AUTH_UNAVAILABLE` when the store cannot be read */
export async function openHub({
  store,
  secret,
  clock,
  issuer,
  limits,
  onServed,
}: OpenHubOptions): Promise<OpenedHub> {
  let attached: FedRevocations | undefined;
  const revocations = (): FedRevocations => {
    if (attached === undefined) {
      throw new TypeError("what is revoked is not known yet");
    }
    return attached;
  };
  const epoch = createFeedEpoch({
    store,
    clock,
    onChange() {
      subjects = createSubjectHash(secret, epoch.current);
      hub.restart();
    },
  });
  await epoch.start();
  let subjects = createSubjectHash(secret, epoch.current);
  const { maxHistory, maxWatchers } = limits;
  const feed = createSignalFeed({ clock, issuer, maxHistory, revocations, subjects: () => subjects });
  const servers = createWatchedServers(clock, maxWatchers);
  const renewals = createForwardedRenewals({ servers, limits, clock, onServed });
  const subjectKey = (): Uint8Array => subjects.key;
  const onEnd = (watcher: Watcher): void => renewals.lose(watcher);
  const hub = createHub({ feed, epoch, servers, limits, clock, subjectKey, onEnd, onServed });
  return {
    hub,
    renewals,
    feed,
    attach(given) {
      attached = given;
    },
  };
}
