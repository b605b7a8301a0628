import type { RenewedStream } from "@countersign/server/internal";
import type { Question, StreamAnswers } from "./renewal-questions.ts";

/** What became of the streams. */
export interface RenewalOutcome extends StreamAnswers {
  /** Those that none of the servers has, or whose server is gone. */
  readonly absentStreamIds: readonly string[];
}

/**
 * Collect what servers say of streams, until each stream is accounted for, or all servers have answered.
 *
 * @param isLate resolves when no more is waited for
 */
export async function collectAnswers(
  streamIds: readonly string[],
  questions: readonly Question[],
  isLate: Promise<void>,
): Promise<RenewalOutcome> {
  const left = new Set(streamIds);
  const renewed: RenewedStream[] = [];
  const endedStreamIds: string[] = [];
  const unknownStreamIds: string[] = [];
  let isRefused = false;
  const { promise: isComplete, resolve } = Promise.withResolvers<void>();
  const take = (asked: ReadonlySet<string>, answers: StreamAnswers): void => {
    const isNew = (streamId: string): boolean => asked.has(streamId) && left.delete(streamId);
    // A refusal may be about a stranger's stream of the same name: another server may have the right one.
    isRefused ||= answers.refused;
    renewed.push(...answers.renewed.filter(({ streamId }) => isNew(streamId)));
    endedStreamIds.push(...answers.endedStreamIds.filter(isNew));
    unknownStreamIds.push(...answers.unknownStreamIds.filter(isNew));
    if (left.size === 0) {
      resolve();
    }
  };
  const more: Question[] = [];
  let isOver = false;
  const follow = async ({ streamIds: named, answers, next }: Question): Promise<void> => {
    take(new Set(named), await answers);
    const rest = named.filter((streamId) => left.has(streamId));
    const others = isOver || rest.length === 0 ? [] : (next?.(rest) ?? []);
    more.push(...others);
    await Promise.all(others.map(follow));
  };
  try {
    await Promise.race([Promise.all(questions.map(follow)), isComplete, isLate]);
  } finally {
    isOver = true;
    for (const { end } of more) {
      end();
    }
  }
  const refused = isRefused && left.size > 0;
  return { renewed, endedStreamIds, unknownStreamIds, absentStreamIds: [...left], refused };
}
