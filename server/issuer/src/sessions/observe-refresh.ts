import { AuthError, type Clock, type RefreshDecision } from "@countersign/server";
import type { IssuedTokens } from "./tokens.ts";

/** Attempt to refresh, and report what comes of it. */
export async function observeRefresh(
  { onRefresh, clock }: { readonly onRefresh: (decision: RefreshDecision) => void; readonly clock: Clock },
  refresh: () => Promise<IssuedTokens>,
): Promise<IssuedTokens> {
  const startedMs = clock.monotonicMs();
  const report = (outcome: RefreshDecision["outcome"]): void =>
    onRefresh({ outcome, microseconds: (clock.monotonicMs() - startedMs) * 1_000 });
  try {
    const tokens = await refresh();
    report("refreshed");
    return tokens;
  } catch (error) {
    report(toOutcome(error));
    throw error;
  }
}

function toOutcome(error: unknown): RefreshDecision["outcome"] {
  if (!(error instanceof AuthError)) {
    return "INTERNAL";
  }
  return error.metadata.cause === "reuse_detected" ? "REUSE" : error.reason;
}
