import type { RenewedStream } from "@countersign/gen/countersign/auth/v1/stream_pb.js";

/** What one server says of the streams that it was asked for. Those that it leaves out are not open there. */
export interface StreamAnswers {
  readonly renewed: readonly RenewedStream[];
  readonly endedStreamIds: readonly string[];
  readonly unknownStreamIds: readonly string[];
  /** Whether a stream runs for another party: then none has changed there. */
  readonly refused: boolean;
}

/** What a server was asked. */
export interface Question {
  readonly streamIds: readonly string[];
  readonly answers: Promise<StreamAnswers>;
}

/** What became of the streams. */
export interface RenewalOutcome {
  readonly renewed: readonly RenewedStream[];
  readonly endedStreamIds: readonly string[];
  /** Those that no server has, or whose server is gone. */
  readonly unknownStreamIds: readonly string[];
  /** Whether a stream runs for another party. */
  readonly refused: boolean;
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
  const all = questions.map(async ({ streamIds: named, answers }) => take(new Set(named), await answers));
  await Promise.race([Promise.all(all), isComplete, isLate]);
  return {
    renewed,
    endedStreamIds,
    unknownStreamIds: [...unknownStreamIds, ...left],
    refused: isRefused && left.size > 0,
  };
}
