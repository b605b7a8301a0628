import { randomBytes } from "node:crypto";
import { AuthError, type Clock, type Principal } from "@countersign/server";
import { type OtherServers, type RemoteRenewal, systemClock } from "@countersign/server/internal";
import { type Bus, MAX_WORD_BYTES } from "../store/bus.ts";
import { type CollectedAnswers, collectAnswers } from "./collect-answers.ts";
import {
  RENEWAL_CHANNEL,
  RENEWAL_PURPOSE,
  type RenewalAnswer,
  type RenewalQuestion,
  toPrincipalRecord,
} from "./renewal-words.ts";
import type { SealedWords } from "./sealed-words.ts";

/** How much one party may ask the other servers. */
export interface AskLimit {
  /** @throws AuthError `RATE_LIMITED` when it was too much of late */
  assertAllowed(party: string): void;
  /** Count one question. */
  take(party: string): void;
}

/** What {@link createRenewalAsker} needs. */
export interface RenewalAskerOptions {
  readonly bus: Bus;
  readonly words: SealedWords;
  readonly limit: AskLimit;
  /** How long to wait for those who have the streams, in milliseconds. Default 1,000. */
  readonly waitMs?: number;
  /** The time. Default: the machine's. */
  readonly clock?: Clock;
}

/** Has streams renewed that are open on other servers. */
export interface RenewalAsker extends OtherServers {
  /** Listen no more. */
  close(): Promise<void>;
}

/** Somebody who has the stream answers in milliseconds; one that is busy may take longer. */
const WAIT_MS = 1_000;

/** So many fit into one word beside a principal of any usual size. */
const IDS_PER_QUESTION = 100;

/** Questions without an answer yet, about 6 kB each. Strangers can ask for streams that nobody has. */
const MAX_OPEN_QUESTIONS = 2_000;

/** Create the one end of renewals between servers. */
export function createRenewalAsker(options: RenewalAskerOptions): RenewalAsker {
  const { bus, words, limit, waitMs = WAIT_MS, clock = systemClock } = options;
  const answerTo = `${RENEWAL_CHANNEL}_${randomBytes(16).toString("hex")}`;
  const open = new Map<string, CollectedAnswers>();

  const ear = bus.listen(answerTo, (word) => {
    const answer = words.open(word, RENEWAL_PURPOSE.answer)?.content as RenewalAnswer | undefined; // sealed: one of ours wrote it
    if (answer !== undefined) {
      open.get(answer.question)?.take(answer);
    }
  });

  async function ask(streamIds: readonly string[], principal: Principal): Promise<RemoteRenewal> {
    const question: RenewalQuestion = { streamIds, principal: toPrincipalRecord(principal), answerTo };
    const { id, word } = words.seal(question, RENEWAL_PURPOSE.question);
    if (word.length > MAX_WORD_BYTES) {
      return { renewed: [], ended: [], unknown: streamIds };
    }
    if (open.size >= MAX_OPEN_QUESTIONS) {
      throw new AuthError("AUTH_UNAVAILABLE", "too many renewals wait for other servers");
    }
    const answers = collectAnswers(streamIds, clock);
    open.set(id, answers);
    try {
      await bus.say(RENEWAL_CHANNEL, word);
      return await answers.within(waitMs);
    } finally {
      open.delete(id);
    }
  }

  return {
    async renew(streamIds, principal) {
      const party = JSON.stringify([principal.issuer, principal.subject]);
      const asked: Promise<RemoteRenewal>[] = [];
      for (let at = 0; at < streamIds.length; at += IDS_PER_QUESTION) {
        limit.assertAllowed(party);
        limit.take(party);
        asked.push(ask(streamIds.slice(at, at + IDS_PER_QUESTION), principal));
      }
      const results = await Promise.all(asked);
      return {
        renewed: results.flatMap(({ renewed }) => renewed),
        ended: results.flatMap(({ ended }) => ended),
        unknown: results.flatMap(({ unknown }) => unknown),
      };
    },
    close: () => ear.close(),
  };
}
