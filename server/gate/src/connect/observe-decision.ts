import type { DescMethod } from "@bufbuild/protobuf";
import type { VerdictLookup } from "../authenticate/authenticator.ts";
import { toMethodName } from "../authorize/policy-table.ts";
import type { Clock } from "../kernel/clock.ts";
import type { CallDecision } from "../kernel/observe.ts";
import type { IsolatedObserver } from "../kernel/observers.ts";

/** What is noted of a decision on its way, where it is observed. */
export interface DecisionNotes extends VerdictLookup {
  result: CallDecision["result"];
  reason: CallDecision["reason"];
}

/** Has a decision made, and observed. What it throws or rejects with goes on. */
export type ObserveDecision = (
  method: DescMethod,
  decide: (notes: DecisionNotes) => void | Promise<void>,
) => void | Promise<void>;

/**
 * Create what observes the decisions of a gate.
 *
 * @returns undefined when no observer wants them: then nothing is measured
 */
export function createDecisionObserver(
  observer: IsolatedObserver,
  clock: Clock,
): ObserveDecision | undefined {
  const { callDecided } = observer;
  if (callDecided === undefined) {
    return undefined;
  }
  return (method, decide) => {
    const startedMs = clock.monotonicMs();
    const notes: DecisionNotes = { result: "allowed", reason: undefined, cache: "none" };
    const report = (): void =>
      callDecided({
        method: toMethodName(method),
        result: notes.result,
        reason: notes.reason,
        decidedBy: "gate",
        cache: notes.cache,
        microseconds: (clock.monotonicMs() - startedMs) * 1_000,
      });
    const reportDenied = (error: unknown): never => {
      notes.result = "denied";
      notes.reason ??= "INTERNAL";
      report();
      throw error;
    };
    let pending: void | Promise<void>;
    try {
      pending = decide(notes);
    } catch (error) {
      return reportDenied(error);
    }
    return pending === undefined ? report() : pending.then(report, reportDenied);
  };
}
