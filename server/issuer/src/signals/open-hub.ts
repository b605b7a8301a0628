import type { Clock, FeedServed } from "@countersign/server";
import { createSealedMessages } from "../renewal/sealed-messages.ts";
import type { FedRevocations } from "../revoke/revocations.ts";
import type { Store } from "../store/database.ts";
import type { RenewalOutcome } from "./collect-answers.ts";
import { createFeedEpoch } from "./feed-epoch.ts";
import { createForwardedRenewals, type ForwardedRenewals } from "./forwarded-renewals.ts";
import { createHub, type Hub } from "./hub.ts";
import { joinHubs, type OtherHubs } from "./other-hubs.ts";
import { createHubId } from "./renewal-id.ts";
import type { ForwardedRenewal } from "./renewal-questions.ts";
import { createServerQuestions, type ServerQuestions } from "./server-questions.ts";
import { createSettleRenewal } from "./settle-renewals.ts";
import { createSignalFeed, type SignalFeed } from "./signal-feed.ts";
import type { SignalLimits } from "./signal-limits.ts";
import { createSubjectHash } from "./subject-hash.ts";
import { createWatchedServers, type WatchedServers } from "./watched-servers.ts";
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
  /** Receives what was not to be expected. */
  readonly onError: (error: unknown) => void;
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
  /** Leave the other hubs, and the store alone. */
  close(): Promise<void>;
}

/** The part of a renewal's time in which another hub waits for its servers, so that what they say comes in time. */
const OTHERS_SHARE = 0.75;

/** Put the hub together. @throws AuthError `AUTH_UNAVAILABLE` when the store cannot be read */
export async function openHub(options: OpenHubOptions): Promise<OpenedHub> {
  const { store, secret, clock, issuer, limits, onServed } = options;
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
  const { maxHistory } = limits;
  const feed = createSignalFeed({ clock, issuer, maxHistory, revocations, subjects: () => subjects });
  const servers = createWatchedServers();
  const { renewals, questions, others } = openRenewals(options, servers);
  const subjectKey = (): Uint8Array => subjects.key;
  const onEnd = (watcher: Watcher): void => questions.lose(watcher);
  const hub = createHub({ feed, epoch, servers, limits, clock, subjectKey, onEnd, onServed });
  return {
    hub,
    renewals,
    feed,
    attach(given) {
      attached = given;
    },
    async close() {
      epoch.close();
      await others?.close();
    },
  };
}

interface OpenedRenewals {
  readonly renewals: ForwardedRenewals;
  readonly questions: ServerQuestions;
  readonly others: OtherHubs | undefined;
}

function openRenewals(
  { store, secret, clock, limits, onServed, onError }: OpenHubOptions,
  servers: WatchedServers,
): OpenedRenewals {
  const { bus } = store;
  const hub = createHubId();
  const waitMs = limits.renewalTimeoutMs;
  const questions = createServerQuestions(servers, hub);
  const settle = createSettleRenewal(limits, clock);
  const messages = createSealedMessages({ secret, clock });
  const { ask, answer: onAnswer } = questions;
  const renewHere = (renewal: ForwardedRenewal): Promise<RenewalOutcome> =>
    settle({ renewal, asks: [ask], waitMs: waitMs * OTHERS_SHARE });
  const others = bus.hasOthers
    ? joinHubs({ bus, hub, clock, waitMs, onError, messages, renewHere, onAnswer })
    : undefined;
  const renewals = createForwardedRenewals({ hub, servers, questions, others, settle, waitMs, onServed });
  return { renewals, questions, others };
}
