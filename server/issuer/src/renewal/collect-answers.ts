import type { Clock } from "@countersign/server";
import type { RemoteRenewal, RenewedStream } from "@countersign/server/internal";
import { KEEPS_PROCESS_ALIVE, refuseStrangers } from "@countersign/server/internal";
import type { RenewalAnswer } from "./renewal-words.ts";

/** The answers to one question, of which several servers may each have a part. */
export interface CollectedAnswers {
  /** Take one in. */
  take(answer: RenewalAnswer): void;
  /**
   * Wait until every stream is accounted for, but no longer than that.
   *
   * @throws AuthError `POLICY_DENIED` when one was refused and nobody else has it
   */
  within(waitMs: number): Promise<RemoteRenewal>;
}

/** Collect the answers to a question about some streams. */
export function collectAnswers(streamIds: readonly string[], clock: Clock): CollectedAnswers {
  const left = new Set(streamIds);
  const renewed: RenewedStream[] = [];
  const ended: string[] = [];
  const unknown: string[] = [];
  const { promise: complete, resolve } = Promise.withResolvers<void>();
  let isRefused = false;
  return {
    take(answer) {
      // A refusal may be about a stranger's stream of the same name: whoever has the right one is still waited for.
      isRefused ||= answer.isRefused;
      renewed.push(...answer.renewed.filter(({ streamId }) => left.delete(streamId)));
      ended.push(...answer.ended.filter((streamId) => left.delete(streamId)));
      unknown.push(...answer.unknown.filter((streamId) => left.delete(streamId)));
      if (left.size === 0) {
        resolve();
      }
    },
    async within(waitMs) {
      const cancelTimer = clock.schedule(resolve, waitMs, KEEPS_PROCESS_ALIVE);
      await complete;
      cancelTimer();
      if (isRefused && left.size > 0) {
        throw refuseStrangers();
      }
      return { renewed, ended, unknown: [...unknown, ...left] };
    },
  };
}
