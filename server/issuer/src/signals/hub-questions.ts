import { HUBS_CHANNEL, toHubChannel } from "./hub-messages.ts";
import type { Joining } from "./joining.ts";
import { createOpenQuestions, type OpenQuestionsOptions } from "./open-questions.ts";
import { createOwnerHubs } from "./owner-hubs.ts";
import {
  type AskForStreams,
  type ForwardedRenewal,
  NO_ANSWERS,
  type Question,
  type StreamAnswers,
} from "./renewal-questions.ts";
import { type SealedQuestion, type SealQuestionsOptions, sealQuestions } from "./seal-questions.ts";

/** What {@link createHubQuestions} needs. */
export interface HubQuestionsOptions extends SealQuestionsOptions, Omit<OpenQuestionsOptions, "onAnswers"> {
  /** Whether hubs may be there that are not known yet. */
  readonly joining: Joining;
}

/** Asks the other hubs for streams, each of which asks the servers that watch there. */
export interface HubQuestions {
  /**
   * Ask the hub that is remembered for the owner of a stream alone. Ask all that are known where none is, and for what that
   * one does not have.
   *
   * @throws AuthError `RATE_LIMITED` when the holder of the token has had them asked too often
   */
  readonly ask: AskForStreams;
  /** Take what a hub says. */
  take(hub: string, question: string, answers: StreamAnswers): void;
  /** A hub is gone: it is not waited for. */
  lose(hub: string): void;
}

/** The part of the time after which the others are asked, too, where the hub that was asked alone has not answered. */
const ALONE_SHARE = 0.25;

/** Create what asks the other hubs. */
export function createHubQuestions(options: HubQuestionsOptions): HubQuestions {
  const { known, joining, publish, clock, waitMs } = options;
  const owners = createOwnerHubs(known);
  const open = createOpenQuestions({ known, publish, clock, waitMs, onAnswers: owners.learn });

  /** Ask one hub alone, and then the others for what it does not have. */
  function askAlone(sealed: SealedQuestion, hub: string): readonly Question[] {
    const { promise: isSlow, resolve } = Promise.withResolvers<StreamAnswers>();
    const cancel = clock.schedule(() => resolve(NO_ANSWERS), waitMs * ALONE_SHARE);
    return open.ask(sealed, [hub], toHubChannel(hub)).map((question) => ({
      streamIds: question.streamIds,
      answers: Promise.race([question.answers, isSlow]),
      next: (streamIds) => {
        // One that is slow is asked again with the others: its answer to either question counts.
        const isAskedAgain = open.isWaiting(hub, sealed.id);
        const others = known.list().filter((other) => isAskedAgain || other !== hub);
        return askAll(pick(sealed.renewal, streamIds), others);
      },
      end() {
        cancel();
        question.end();
      },
    }));
  }

  function askAll(renewal: ForwardedRenewal, hubs: readonly string[]): readonly Question[] {
    const pages = hubs.length === 0 ? [] : sealQuestions(options, renewal);
    return pages.flatMap((page) => open.ask(page, hubs, HUBS_CHANNEL));
  }

  /** Ask later those that this hub does not know yet, while it joins the others. */
  function askNewcomers(renewal: ForwardedRenewal, asked: readonly string[]): readonly Question[] {
    const joined = joining.wait();
    if (joined === undefined) {
      return [];
    }
    return [
      {
        streamIds: renewal.streams.map(({ streamId }) => streamId),
        answers: joined.done.then(() => NO_ANSWERS),
        next: (streamIds) =>
          askAll(
            pick(renewal, streamIds),
            known.list().filter((hub) => !asked.includes(hub)),
          ),
        end: joined.cancel,
      },
    ];
  }

  return {
    ask(renewal) {
      const hubs = known.list();
      const groups = hubs.length === 0 ? [] : [...owners.group(renewal)];
      // All are sealed before the first is published: past the limit, none is asked.
      const pages = groups.flatMap(([to, streams]) =>
        sealQuestions(options, { ...renewal, streams }).map((page) => ({ page, to })),
      );
      const questions = pages.flatMap(({ page, to }) =>
        to === undefined ? open.ask(page, hubs, HUBS_CHANNEL) : askAlone(page, to),
      );
      return [...questions, ...askNewcomers(renewal, hubs)];
    },
    take: open.take,
    lose: open.lose,
  };
}

/** Take some streams of a renewal. */
function pick(renewal: ForwardedRenewal, streamIds: readonly string[]): ForwardedRenewal {
  const wanted = new Set(streamIds);
  return { ...renewal, streams: renewal.streams.filter(({ streamId }) => wanted.has(streamId)) };
}
