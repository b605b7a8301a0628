import type { MessageBus } from "@countersign/server";
import {
  AuthError,
  type Clock,
  MAX_BUS_MESSAGE_BYTES,
  type Principal,
  type RateLimit,
} from "@countersign/server";
import {
  type CollectedResponses,
  collectResponses,
  countSubscribers,
  findOwnerId,
  type OtherServers,
  type RemoteRenewal,
  type StreamRef,
} from "@countersign/server/internal";
import {
  RENEWAL_CHANNEL,
  RENEWAL_PURPOSE,
  type RenewalRequest,
  type RenewalResponse,
  toOwnerChannel,
  toPrincipalRecord,
} from "./renewal-messages.ts";
import type { SealedMessages } from "./sealed-messages.ts";

/** What {@link createRenewalRequester} needs. */
export interface RenewalRequesterOptions {
  readonly bus: MessageBus;
  readonly messages: SealedMessages;
  /** How much one party may request of the other servers. */
  readonly limit: RateLimit;
  /** The name of this process, to which the others respond. Default: that of its streams. */
  readonly owner?: string;
  /** How long to wait for the servers that have the streams, in milliseconds. Default 1,000. */
  readonly waitMs?: number;
  /** How long servers may take before they are counted, in milliseconds. Default 50. */
  readonly countAfterMs?: number;
  /** Measures that. */
  readonly clock: Clock;
}

/** Has streams renewed that are open on other servers. */
export interface RenewalRequester extends OtherServers {
  /** End the subscription to responses. */
  close(): Promise<void>;
}

/** The server that has the stream responds in milliseconds; one that is busy may take longer. */
const WAIT_MS = 1_000;

/** Most servers with the streams have responded by then, and cost no look into the database. */
const COUNT_AFTER_MS = 50;

/** So many fit into one message beside a principal of any usual size. */
const IDS_PER_REQUEST = 100;

/** Requests without a response yet, about 6 kB each. Strangers can name streams that no server has. */
const MAX_OPEN_REQUESTS = 2_000;

/** This process is one of those that a request to all reaches, and has looked at its own streams before. */
const NONE = { renewed: [], ended: [], unknown: [], isRefused: false };

/** Create the end of renewals between servers that requests them. */
export function createRenewalRequester(options: RenewalRequesterOptions): RenewalRequester {
  const { bus, messages, limit, owner = findOwnerId(), waitMs = WAIT_MS, clock } = options;
  const { countAfterMs = COUNT_AFTER_MS } = options;
  const answerTo = toOwnerChannel(owner);
  const open = new Map<string, CollectedResponses>();

  const subscription = bus.subscribe(answerTo, (message) => {
    const opened = messages.open(message, RENEWAL_PURPOSE.answer);
    const response = opened?.content as RenewalResponse | undefined; // sealed: one of ours wrote it
    if (response !== undefined) {
      open.get(response.question)?.take(response, response.server ?? "");
    }
  });

  /** @param to the owner of the streams; undefined: all servers are asked */
  async function request(
    streamIds: readonly string[],
    to: string | undefined,
    principal: Principal,
  ): Promise<RemoteRenewal> {
    const content: RenewalRequest = { streamIds, principal: toPrincipalRecord(principal), answerTo };
    const { id, message } = messages.seal(content, RENEWAL_PURPOSE.question);
    if (message.length > MAX_BUS_MESSAGE_BYTES) {
      return { renewed: [], ended: [], unknown: streamIds };
    }
    if (open.size >= MAX_OPEN_REQUESTS) {
      throw new AuthError("AUTH_UNAVAILABLE", "too many renewals wait for other servers");
    }
    const channel = to === undefined ? RENEWAL_CHANNEL : toOwnerChannel(to);
    let servers = to === undefined ? Number.POSITIVE_INFINITY : 1;
    const isEnough = (responded: ReadonlySet<string>): boolean => responded.size >= servers;
    const responses = collectResponses(streamIds, { clock, isEnough });
    if (to === undefined) {
      responses.take(NONE, owner);
    }
    open.set(id, responses);
    /** Where it cannot be known how many are there, they have their time. */
    const countThem = async (): Promise<void> => {
      servers = Math.min(servers, (await countSubscribers(bus, channel)) ?? servers);
      responses.check();
    };
    const cancelCount = clock.schedule(() => void countThem(), countAfterMs);
    try {
      await bus.publish(channel, message);
      return await responses.within(waitMs);
    } finally {
      cancelCount();
      open.delete(id);
    }
  }

  return {
    async renew(streams, { principal }) {
      const party = JSON.stringify([principal.issuer, principal.subject]);
      const requested: Promise<RemoteRenewal>[] = [];
      for (const [to, streamIds] of groupByOwner(streams)) {
        for (let at = 0; at < streamIds.length; at += IDS_PER_REQUEST) {
          limit.assertAllowed(party);
          limit.take(party);
          requested.push(request(streamIds.slice(at, at + IDS_PER_REQUEST), to, principal));
        }
      }
      const results = await Promise.all(requested);
      return {
        renewed: results.flatMap(({ renewed }) => renewed),
        ended: results.flatMap(({ ended }) => ended),
        unknown: results.flatMap(({ unknown }) => unknown),
      };
    },
    close: () => subscription.close(),
  };
}

/** Group streams by who is asked for them. */
function groupByOwner(streams: readonly StreamRef[]): ReadonlyMap<string | undefined, readonly string[]> {
  const byOwner = new Map<string | undefined, string[]>();
  for (const { streamId, owner } of streams) {
    const those = byOwner.get(owner) ?? [];
    those.push(streamId);
    byOwner.set(owner, those);
  }
  return byOwner;
}
