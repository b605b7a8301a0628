import type { Clock, StreamRegistry } from "@countersign/server";
import { AuthError } from "@countersign/server";
import { type RenewalResult, renewStreams } from "@countersign/server/internal";
import type { Bus, Listener } from "../store/bus.ts";
import {
  fromPrincipalRecord,
  RENEWAL_CHANNEL,
  RENEWAL_PURPOSE,
  type RenewalAnswer,
  type RenewalQuestion,
} from "./renewal-words.ts";
import type { SealedWords } from "./sealed-words.ts";

/** What {@link answerRenewals} needs. */
export interface RenewalAnswererOptions {
  readonly bus: Bus;
  readonly words: SealedWords;
  /** The open streams of this server. */
  readonly streams: StreamRegistry;
  readonly clock: Clock;
  /** Told of what was not to be expected. */
  readonly onError: (error: unknown) => void;
}

/**
 * Renew streams of this server that other servers were asked to renew. They have verified the token; whether it may
 * go on with the stream is decided here, just as if the call had come here.
 */
export function answerRenewals({ bus, words, streams, clock, onError }: RenewalAnswererOptions): Listener {
  async function answer({ id, content }: { readonly id: string; readonly content: unknown }): Promise<void> {
    const { streamIds, principal, answerTo } = content as RenewalQuestion; // sealed: one of ours wrote it
    const known = streamIds.filter((streamId) => streams.find(streamId) !== undefined);
    if (known.length === 0) {
      return;
    }
    const fresh = { principal: fromPrincipalRecord(principal), clock };
    const answered: RenewalAnswer = {
      question: id,
      ...renewOrRefuse(() => renewStreams(streams, known, fresh)),
    };
    await bus.say(answerTo, words.seal(answered, RENEWAL_PURPOSE.answer).word);
  }
  return bus.listen(RENEWAL_CHANNEL, (word) => {
    const question = words.open(word, RENEWAL_PURPOSE.question);
    if (question !== undefined) {
      answer(question).catch(onError);
    }
  });
}

function renewOrRefuse(renew: () => RenewalResult): Omit<RenewalAnswer, "question"> {
  try {
    const { renewed, ended, unknown } = renew();
    return { renewed, ended, unknown, isRefused: false };
  } catch (error) {
    if (error instanceof AuthError && error.reason === "POLICY_DENIED") {
      return { renewed: [], ended: [], unknown: [], isRefused: true };
    }
    throw error;
  }
}
