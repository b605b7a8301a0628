import { AuthError } from "../../errors/auth-error.ts";
import type { Clock } from "../../kernel/clock.ts";
import { isGone } from "../../kernel/count-subscribers.ts";
import type { MessageBus } from "../../kernel/message-bus.ts";
import { createRateLimit } from "../../kernel/rate-limit.ts";
import { type CollectedResponses, collectResponses } from "../../streams/collect-responses.ts";
import {
  type OtherServers,
  type RemoteRenewal,
  type RenewalCaller,
  refuseStrangers,
  type StreamRef,
} from "../../streams/renewal.ts";
import { renewHere } from "../renew-here.ts";
import type { SignalledServer } from "../signals.ts";
import type { KnownPeers } from "./known-peers.ts";
import { type PeerMessage, toPeerChannel } from "./peer-messages.ts";
import { MAX_CONTENT_BYTES } from "./peer-seal.ts";
import type { Peers } from "./peers.ts";

/** What {@link createPeerRenewals} needs. */
export interface PeerRenewalsOptions {
  readonly serverId: string;
  /** The servers of this process. */
  readonly servers: ReadonlySet<SignalledServer>;
  /** The others on the bus. */
  readonly known: KnownPeers;
  readonly bus: MessageBus;
  readonly publish: Peers["publish"];
  readonly clock: Clock;
}

type Renewed = Extract<PeerMessage, { readonly kind: "renewed" }>;

/** Has streams renewed wherever they are open. */
export interface PeerRenewals extends OtherServers {
  /** Take the answer of another server. */
  take(from: string, response: Renewed): void;
}

/** The server that has a stream answers in milliseconds; one that is busy may take longer. */
const WAIT_MS = 1_000;

/** Most servers have answered by then, and cost no look-up. */
const LOOK_UP_AFTER_MS = 50;

/** Where more are silent, they are busy, or of a release that answers only where it has a stream. */
const MAX_LOOK_UPS = 5;

const NONE = { renewed: [], ended: [], unknown: [], isRefused: false };

/** As many fit into one answer. */
const MAX_IDS = 50;

/** What the name of a stream takes in a request, and all that is beside the names and the token, in bytes. */
const ID_BYTES = 25;
const OTHER_BYTES = 250;

/** How many requests one account may cause. */
const REQUESTS = { limit: 100, windowMs: 10_000 } as const;

/** Requests without an answer yet: strangers can name streams that no server has. */
const MAX_OPEN_REQUESTS = 2_000;

/** Create what renews streams through a bus. */
export function createPeerRenewals(options: PeerRenewalsOptions): PeerRenewals {
  const { serverId, servers, known, bus, publish, clock } = options;
  const limit = createRateLimit({
    ...REQUESTS,
    clock,
    message: "too many renewals of streams on other servers: wait before the next",
  });
  const open = new Map<string, CollectedResponses>();

  /** @param to the owner of the streams; undefined: all servers are asked */
  async function request(
    streamIds: readonly string[],
    to: string | undefined,
    accessToken: string,
  ): Promise<RemoteRenewal> {
    if (open.size >= MAX_OPEN_REQUESTS) {
      throw new AuthError("AUTH_UNAVAILABLE", "too many renewals wait for other servers");
    }
    const id = crypto.randomUUID();
    const asked = to === undefined ? known.list() : [to];
    const isEnough = (responded: ReadonlySet<string>): boolean =>
      asked?.every((peer) => responded.has(peer)) === true;
    const responses = collectResponses(streamIds, { clock, isEnough });
    open.set(id, responses);
    const lookUp = (): void => void passOverGone(asked, responses);
    const cancelLookUp = clock.schedule(lookUp, LOOK_UP_AFTER_MS);
    try {
      const isSent = await publish({ kind: "renew", request: id, streamIds, accessToken }, to);
      return isSent ? await responses.within(WAIT_MS) : { renewed: [], ended: [], unknown: streamIds };
    } finally {
      cancelLookUp();
      open.delete(id);
    }
  }

  /** Those that are gone have nothing to answer. */
  async function passOverGone(
    asked: readonly string[] | undefined,
    responses: CollectedResponses,
  ): Promise<void> {
    const silent = asked?.filter((peer) => !responses.responded.has(peer)) ?? [];
    const lookUps = silent.slice(0, MAX_LOOK_UPS).map(async (peer) => {
      if (await isGone(bus, toPeerChannel(peer))) {
        known.forget(peer);
        responses.take(NONE, peer);
      }
    });
    await Promise.all(lookUps);
  }

  async function requestAll(streams: readonly StreamRef[], by: RenewalCaller): Promise<RemoteRenewal> {
    const { principal, accessToken } = by;
    const party = JSON.stringify([principal.issuer, principal.subject]);
    const requests: Promise<RemoteRenewal>[] = [];
    const room = Math.floor((MAX_CONTENT_BYTES - OTHER_BYTES - accessToken.length) / ID_BYTES);
    const step = Math.max(1, Math.min(MAX_IDS, room));
    for (const [to, those] of Map.groupBy(streams, ({ owner }) => owner)) {
      for (let at = 0; at < those.length; at += step) {
        limit.assertAllowed(party);
        limit.take(party);
        const ids = those.slice(at, at + step).map(({ streamId }) => streamId);
        requests.push(request(ids, to, accessToken));
      }
    }
    const results = await Promise.all(requests);
    return {
      renewed: results.flatMap(({ renewed }) => renewed),
      ended: results.flatMap(({ ended }) => ended),
      unknown: results.flatMap(({ unknown }) => unknown),
    };
  }

  return {
    async renew(streams, by) {
      const ids = streams.map(({ streamId }) => streamId);
      const { renewed, ended, unknown, absent, isRefused } = await renewHere(servers, ids, by.accessToken);
      if (isRefused) {
        throw refuseStrangers();
      }
      const left = new Set(absent);
      // A stream of this process that is open on none of its servers is over.
      const away = streams.filter(({ streamId, owner }) => left.has(streamId) && owner !== serverId);
      const asked = new Set(away.map(({ streamId }) => streamId));
      const there = await requestAll(away, by);
      return {
        renewed: [...renewed, ...there.renewed],
        ended: [...ended, ...there.ended],
        unknown: [...unknown, ...absent.filter((id) => !asked.has(id)), ...there.unknown],
      };
    },
    take: (from, response) => open.get(response.request)?.take(response, from),
  };
}
