import { AuthError, type Clock } from "@countersign/server";
import { KEEPS_PROCESS_ALIVE } from "@countersign/server/internal";
import { collectAnswers, type RenewalOutcome } from "./collect-answers.ts";
import type { AskForStreams, ForwardedRenewal, Question } from "./renewal-questions.ts";
import type { SignalLimits } from "./signal-limits.ts";

/** A renewal, and who is asked. */
export interface RenewalToSettle {
  readonly renewal: ForwardedRenewal;
  readonly asks: readonly AskForStreams[];
  /** How long to wait for all of them, in milliseconds. */
  readonly waitMs: number;
}

/** Asks, and waits for the answers. @throws AuthError `RATE_LIMITED` when too many of the client's renewals wait */
export type SettleRenewal = (order: RenewalToSettle) => Promise<RenewalOutcome>;

/** Create what settles renewals, so many of a client at a time. */
export function createSettleRenewal(
  limits: Pick<SignalLimits, "maxWaitingRenewals" | "renewalTimeoutMs">,
  clock: Clock,
): SettleRenewal {
  const waitingOf = new Map<string, number>();
  const count = (clientId: string, by: number): void => {
    const now = (waitingOf.get(clientId) ?? 0) + by;
    if (now > limits.maxWaitingRenewals) {
      throw new AuthError("RATE_LIMITED", "too many renewals of this client wait for other servers", {
        retryAfterMs: limits.renewalTimeoutMs,
      });
    }
    if (now === 0) {
      waitingOf.delete(clientId);
    } else {
      waitingOf.set(clientId, now);
    }
  };
  return async ({ renewal, asks, waitMs }) => {
    count(renewal.clientId, 1);
    const questions: Question[] = [];
    const { promise: isLate, resolve: endWait } = Promise.withResolvers<void>();
    const cancel = clock.schedule(endWait, waitMs, KEEPS_PROCESS_ALIVE);
    try {
      for (const ask of asks) {
        questions.push(...ask(renewal));
      }
      const streamIds = renewal.streams.map(({ streamId }) => streamId);
      return await collectAnswers(streamIds, questions, isLate);
    } finally {
      cancel();
      for (const { end } of questions) {
        end();
      }
      count(renewal.clientId, -1);
    }
  };
}
