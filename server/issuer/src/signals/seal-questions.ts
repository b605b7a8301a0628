import { createHash } from "node:crypto";
import { MAX_BUS_MESSAGE_BYTES, type RateLimit } from "@countersign/server";
import type { SealedMessages } from "../renewal/sealed-messages.ts";
import { HUB_PURPOSE, type HubMessage } from "./hub-messages.ts";
import type { ForwardedRenewal } from "./renewal-questions.ts";

/** What {@link sealQuestions} needs. */
export interface SealQuestionsOptions {
  /** The name of this hub. */
  readonly hub: string;
  readonly messages: SealedMessages;
  /** How much the holder of one token may have the others asked. */
  readonly limit: RateLimit;
}

/** A message with a question, and what it asks. */
export interface SealedQuestion {
  readonly id: string;
  readonly message: string;
  readonly renewal: ForwardedRenewal;
}

/** How much content fits into a message: as base64 it takes a third more. */
const MAX_CONTENT_BYTES = MAX_BUS_MESSAGE_BYTES * 0.75;

/** What a message has beside the token, the streams and the names, in bytes. */
const FRAME_BYTES = 500;

/** What is left of a token when it is packed: it has 6 random bits in a byte. */
const PACKED = 0.8;

/** What a stream and its owner take in a message, in bytes, with 256 random bits in them. */
const STREAM_BYTES = 50;

const MAX_STREAMS_PER_MESSAGE = 100;

/**
 * Seal a renewal in as many messages as it takes. None has room for a token that is too long.
 *
 * @throws AuthError `RATE_LIMITED`
 */
export function sealQuestions(
  { hub, messages, limit }: SealQuestionsOptions,
  renewal: ForwardedRenewal,
): readonly SealedQuestion[] {
  const { streams, accessToken, audience, clientId } = renewal;
  const namesBytes = audience.length + clientId.length;
  const roomBytes = MAX_CONTENT_BYTES - FRAME_BYTES - namesBytes - accessToken.length * PACKED;
  const perPage = Math.min(MAX_STREAMS_PER_MESSAGE, Math.floor(roomBytes / STREAM_BYTES));
  const party = toParty(renewal);
  const pages: SealedQuestion[] = [];
  for (let at = 0; perPage > 0 && at < streams.length; at += perPage) {
    limit.assertAllowed(party);
    limit.take(party);
    const page = { ...renewal, streams: streams.slice(at, at + perPage) };
    const content: HubMessage = { hub, kind: "question", renewal: page };
    const sealed = messages.seal(content, HUB_PURPOSE);
    if (sealed.message.length <= MAX_BUS_MESSAGE_BYTES) {
      pages.push({ ...sealed, renewal: page });
    }
  }
  return pages;
}

/** Name the holder of the token by its digest: this hub has not verified the token, which the server that asks has. */
function toParty({ clientId, accessToken }: ForwardedRenewal): string {
  return `${createHash("sha256").update(accessToken).digest("base64url")} ${clientId}`;
}
