import type { Cancel, Clock } from "@countersign/server";
import type { KnownHubs } from "./known-hubs.ts";
import { type ForwardedRenewal, NO_ANSWERS, type Question, type StreamAnswers } from "./renewal-questions.ts";
import type { SealedQuestion } from "./seal-questions.ts";

/** What {@link createOpenQuestions} needs. */
export interface OpenQuestionsOptions {
  readonly known: KnownHubs;
  readonly publish: (channel: string, message: string) => Promise<void>;
  /** Receives what each hub answers. */
  readonly onAnswers: (hub: string, renewal: ForwardedRenewal, answers: StreamAnswers) => void;
  readonly clock: Clock;
  /** How long the others have, in milliseconds. */
  readonly waitMs: number;
}

/** The questions to other hubs that wait for answers. */
export interface OpenQuestions {
  /** Publish a question, and wait for what these hubs answer. */
  readonly ask: (sealed: SealedQuestion, hubs: readonly string[], channel: string) => readonly Question[];
  /** Check whether a hub is still waited for. */
  readonly isWaiting: (hub: string, question: string) => boolean;
  /** Take what a hub says. */
  readonly take: (hub: string, question: string, answers: StreamAnswers) => void;
  /** A hub is gone: it is not waited for. */
  readonly lose: (hub: string) => void;
}

/** A hub that has not answered yet. */
interface AskedHub {
  readonly take: (answers: StreamAnswers) => void;
  readonly fail: (error: unknown) => void;
}

/** A question, and the hubs that have not answered it yet. */
interface OpenQuestion {
  readonly renewal: ForwardedRenewal;
  readonly left: Map<string, AskedHub>;
}

/** Most hubs have answered by then, in milliseconds, and cost no look whether they are gone. */
const LOOK_UP_AFTER_MS = 50;

/** Create an empty list of them. */
export function createOpenQuestions(options: OpenQuestionsOptions): OpenQuestions {
  const { known, publish, onAnswers, clock, waitMs } = options;
  const open = new Map<string, OpenQuestion>();

  function ask(sealed: SealedQuestion, hubs: readonly string[], channel: string): readonly Question[] {
    const { id, message, renewal } = sealed;
    const streamIds = renewal.streams.map(({ streamId }) => streamId);
    const left = new Map<string, AskedHub>();
    open.set(id, { renewal, left });
    const end = endOf(id, [
      clock.schedule(() => visit(left, known.lookUp), LOOK_UP_AFTER_MS),
      clock.schedule(() => visit(left, known.forget), waitMs),
    ]);
    const questions = hubs.map((hub) => {
      const { promise: answers, resolve: take, reject: fail } = Promise.withResolvers<StreamAnswers>();
      left.set(hub, { take, fail });
      return { streamIds, answers, end };
    });
    publish(channel, message).catch((error: unknown) => {
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
    ask,
    isWaiting: (hub, question) => open.get(question)?.left.has(hub) === true,
    take(hub, question, answers) {
      const asked = open.get(question);
      if (asked !== undefined) {
        onAnswers(hub, asked.renewal, answers);
        asked.left.get(hub)?.take(answers);
        asked.left.delete(hub);
      }
    },
    lose(hub) {
      for (const { left } of open.values()) {
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
