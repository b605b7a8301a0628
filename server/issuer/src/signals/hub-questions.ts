import { createHash } from "node:crypto";
import { type Cancel, type Clock, MAX_BUS_MESSAGE_BYTES, type RateLimit } from "@countersign/server";
import type { SealedMessages } from "../renewal/sealed-messages.ts";
import { HUB_PURPOSE, HUBS_CHANNEL, type HubMessage } from "./hub-messages.ts";
import type { KnownHubs } from "./known-hubs.ts";
import {
  type AskForStreams,
  type ForwardedRenewal,
  NO_ANSWERS,
  type Question,
  type StreamAnswers,
} from "./renewal-questions.ts";

/** What {@link createHubQuestions} needs. */
export interface HubQuestionsOptions {
  /** The name of this hub. */
  readonly hub: string;
  readonly known: KnownHubs;
  readonly messages: SealedMessages;
  readonly publish: (channel: string, message: string) => Promise<void>;
  /** How much the holder of one token may have the others asked. */
  readonly limit: RateLimit;
  readonly clock: Clock;
  /** How long the others have, in milliseconds. */
  readonly waitMs: number;
}

/** Asks the other hubs for streams, each of which asks the servers that watch there. */
export interface HubQuestions {
  /**
   * Ask all that are known.
   *
   * @throws AuthError `RATE_LIMITED` when the holder of the token has had them asked too often
   */
  readonly ask: AskForStreams;
  /** Take what a hub says. */
  take(hub: string, question: string, answers: StreamAnswers): void;
  /** A hub is gone: it is not waited for. */
  lose(hub: string): void;
}

/** A hub that has not answered yet. */
interface AskedHub {
  readonly take: (answers: StreamAnswers) => void;
  readonly fail: (error: unknown) => void;
}

interface SealedPage {
  readonly id: string;
  readonly message: string;
  readonly streamIds: readonly string[];
}

/** Most hubs have answered by then, in milliseconds, and cost no look whether they are gone. */
const LOOK_UP_AFTER_MS = 50;

/** How much content fits into a message: as base64 it takes a third more. */
const MAX_CONTENT_BYTES = MAX_BUS_MESSAGE_BYTES * 0.75;

/** What a message has beside the token, the streams and the names, in bytes. */
const FRAME_BYTES = 500;

/** What is left of a token when it is packed: it has 6 random bits in a byte. */
const PACKED = 0.8;

/** What a stream and its owner take in a message, in bytes, with 256 random bits in them. */
const STREAM_BYTES = 50;

const MAX_STREAMS_PER_MESSAGE = 100;

/** Create what asks the other hubs. */
export function createHubQuestions(options: HubQuestionsOptions): HubQuestions {
  const { known, publish, clock, waitMs } = options;
  /** The hubs that have not answered yet, by the question. */
  const open = new Map<string, Map<string, AskedHub>>();

  function askAll({ id, message, streamIds }: SealedPage, hubs: readonly string[]): readonly Question[] {
    const left = new Map<string, AskedHub>();
    open.set(id, left);
    const end = endOf(id, [
      clock.schedule(() => visit(left, known.lookUp), LOOK_UP_AFTER_MS),
      clock.schedule(() => visit(left, known.forget), waitMs),
    ]);
    const questions = hubs.map((hub) => {
      const { promise: answers, resolve: take, reject: fail } = Promise.withResolvers<StreamAnswers>();
      left.set(hub, { take, fail });
      return { streamIds, answers, end };
    });
    publish(HUBS_CHANNEL, message).catch((error: unknown) => {
      for (const { fail } of left.values()) {
        fail(error);
      }
    });
    return questions;
  }

  function endOf(id: string, cancels: readonly Cancel[]): () => void {
    return () => {
      open.delete(id);
      for (const cancel of cancels) {
        cancel();
      }
    };
  }

  return {
    ask(renewal) {
      const hubs = known.list();
      const pages = hubs.length === 0 ? [] : sealPages(options, renewal);
      return pages.flatMap((page) => askAll(page, hubs));
    },
    take(hub, question, answers) {
      const left = open.get(question);
      left?.get(hub)?.take(answers);
      left?.delete(hub);
    },
    lose(hub) {
      for (const left of open.values()) {
        left.get(hub)?.take(NO_ANSWERS);
        left.delete(hub);
      }
    },
  };
}

function visit(left: ReadonlyMap<string, AskedHub>, act: (hub: string) => void): void {
  for (const hub of [...left.keys()]) {
    act(hub);
  }
}

/**
 * Seal a renewal in as many messages as it takes. None has room for a token that is too long.
 *
 * @throws AuthError `RATE_LIMITED`
 */
function sealPages(
  { hub, messages, limit }: HubQuestionsOptions,
  renewal: ForwardedRenewal,
): readonly SealedPage[] {
  const { streams, accessToken, audience, clientId } = renewal;
  const namesBytes = audience.length + clientId.length;
  const roomBytes = MAX_CONTENT_BYTES - FRAME_BYTES - namesBytes - accessToken.length * PACKED;
  const perPage = Math.min(MAX_STREAMS_PER_MESSAGE, Math.floor(roomBytes / STREAM_BYTES));
  const party = toParty(renewal);
  const pages: SealedPage[] = [];
  for (let at = 0; perPage > 0 && at < streams.length; at += perPage) {
    limit.assertAllowed(party);
    limit.take(party);
    const some = streams.slice(at, at + perPage);
    const content: HubMessage = { hub, kind: "question", renewal: { ...renewal, streams: some } };
    const sealed = messages.seal(content, HUB_PURPOSE);
    if (sealed.message.length <= MAX_BUS_MESSAGE_BYTES) {
      pages.push({ ...sealed, streamIds: some.map(({ streamId }) => streamId) });
    }
  }
  return pages;
}

/** Name the holder of the token by its digest: this hub has not verified the token, which the server that asks has. */
function toParty({ clientId, accessToken }: ForwardedRenewal): string {
  return `${createHash("sha256").update(accessToken).digest("base64url")} ${clientId}`;
}
