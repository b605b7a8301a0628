import type { Principal } from "@countersign/server";
import { AuthError } from "@countersign/server";
import type { RenewalResult } from "@countersign/server/internal";
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
  /** Renews those of the streams that are open on this server. */
  readonly renew: (streamIds: readonly string[], principal: Principal) => RenewalResult;
  /** Told of what was not to be expected. */
  readonly onError: (error: unknown) => void;
}

/**
 * Renew streams of this server that other servers were asked to renew. They have verified the token; whether it may
 * go on with the stream is decided here, just as if the call had come here.
 */
export function answerRenewals({ bus, words, renew, onError }: RenewalAnswererOptions): Listener {
  async function answer({ id, content }: { readonly id: string; readonly content: unknown }): Promise<void> {
    const { streamIds, principal, answerTo } = content as RenewalQuestion; // sealed: one of ours wrote it
    const result = renewOrRefuse(() => renew(streamIds, fromPrincipalRecord(principal)));
    const { renewed, ended, unknown, isRefused } = result;
    if (!isRefused && renewed.length + ended.length + unknown.length === 0) {
      return;
    }
    const answered: RenewalAnswer = { question: id, renewed, ended, unknown, isRefused };
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
