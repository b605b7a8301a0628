import { randomBytes } from "node:crypto";
import type { MessageBus } from "@countersign/server";
import {
  AuthError,
  type Clock,
  MAX_BUS_MESSAGE_BYTES,
  type Principal,
  type RateLimit,
} from "@countersign/server";
import type { OtherServers, RemoteRenewal } from "@countersign/server/internal";
import { type CollectedResponses, collectResponses } from "./collect-responses.ts";
import {
  RENEWAL_CHANNEL,
  RENEWAL_PURPOSE,
  type RenewalRequest,
  type RenewalResponse,
  toPrincipalRecord,
} from "./renewal-messages.ts";
import type { SealedMessages } from "./sealed-messages.ts";

/** What {@link createRenewalRequester} needs. */
export interface RenewalRequesterOptions {
  readonly bus: MessageBus;
  readonly messages: SealedMessages;
  /** How much one party may request of the other servers. */
  readonly limit: RateLimit;
  /** How long to wait for the servers that have the streams, in milliseconds. Default 1,000. */
  readonly waitMs?: number;
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

/** So many fit into one message beside a principal of any usual size. */
const IDS_PER_REQUEST = 100;

/** Requests without a response yet, about 6 kB each. Strangers can name streams that no server has. */
const MAX_OPEN_REQUESTS = 2_000;

/** Create the end of renewals between servers that requests them. */
export function createRenewalRequester(options: RenewalRequesterOptions): RenewalRequester {
  const { bus, messages, limit, waitMs = WAIT_MS, clock } = options;
  const answerTo = `${RENEWAL_CHANNEL}_${randomBytes(16).toString("hex")}`;
  const open = new Map<string, CollectedResponses>();

  const subscription = bus.subscribe(answerTo, (message) => {
    const opened = messages.open(message, RENEWAL_PURPOSE.answer);
    const response = opened?.content as RenewalResponse | undefined; // sealed: one of ours wrote it
    if (response !== undefined) {
      open.get(response.question)?.take(response);
    }
  });

  async function request(streamIds: readonly string[], principal: Principal): Promise<RemoteRenewal> {
    const content: RenewalRequest = { streamIds, principal: toPrincipalRecord(principal), answerTo };
    const { id, message } = messages.seal(content, RENEWAL_PURPOSE.question);
    if (message.length > MAX_BUS_MESSAGE_BYTES) {
      return { renewed: [], ended: [], unknown: streamIds };
    }
    if (open.size >= MAX_OPEN_REQUESTS) {
      throw new AuthError("AUTH_UNAVAILABLE", "too many renewals wait for other servers");
    }
    const responses = collectResponses(streamIds, clock);
    open.set(id, responses);
    try {
      await bus.publish(RENEWAL_CHANNEL, message);
      return await responses.within(waitMs);
    } finally {
      open.delete(id);
    }
  }

  return {
    async renew(streams, { principal }) {
      const streamIds = streams.map(({ streamId }) => streamId);
      const party = JSON.stringify([principal.issuer, principal.subject]);
      const requested: Promise<RemoteRenewal>[] = [];
      for (let at = 0; at < streamIds.length; at += IDS_PER_REQUEST) {
        limit.assertAllowed(party);
        limit.take(party);
        requested.push(request(streamIds.slice(at, at + IDS_PER_REQUEST), principal));
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
