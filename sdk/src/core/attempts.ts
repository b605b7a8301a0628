import { retryDelayMs } from "./backoff.ts";
import type { Clock } from "./clock.ts";
import { classifyFailure, type Failure } from "./failure.ts";
import type { TokenGrant, TokenSource } from "./source.ts";
import type { SignedInEntry } from "./store.ts";
import { ATTEMPT_TIMEOUT_MS, instantOf, sleep, withTimeout } from "./timeout.ts";
import type { Instant } from "./token-state.ts";

/** How the attempts of one refresh ended. */
export type AttemptsResult =
  | { readonly kind: "granted"; readonly grant: TokenGrant; readonly began: Instant }
  | { readonly kind: "failed"; readonly failure: Failure; readonly attempts: number };

/** What {@link attemptRefresh} needs. */
export interface AttemptsOptions {
  readonly clock: Clock;
  readonly source: TokenSource;
  readonly refreshId: string;
}

const MAX_ATTEMPTS = 3;
const MAX_TOTAL_MS = 20_000;

/**
 * Ask for the next tokens: up to three times and 20 s when the server answers a repeated request alike. After a
 * refresh that failed, and with a server that does not, once.
 */
export async function attemptRefresh(
  entry: SignedInEntry,
  { clock, source, refreshId }: AttemptsOptions,
): Promise<AttemptsResult> {
  const startedMs = clock.monotonicMs();
  const maxAttempts = source.repeatable && entry.health.failures === 0 ? MAX_ATTEMPTS : 1;
  const refreshToken = entry.refreshToken?.reveal();
  for (let attempts = 1; ; attempts += 1) {
    const began = instantOf(clock);
    const leftMs = MAX_TOTAL_MS - (began.monotonicMs - startedMs);
    try {
      const grant = await withTimeout(clock, Math.min(ATTEMPT_TIMEOUT_MS, leftMs), (signal) =>
        source.refresh({ refreshToken, refreshId, signal }),
      );
      return { kind: "granted", grant, began };
    } catch (error) {
      const failure = classifyFailure(error);
      if (failure.kind !== "transient" || attempts >= maxAttempts)
        return { kind: "failed", failure, attempts };
      const delayMs = Math.max(retryDelayMs(attempts, Math.random()), failure.retryAfterMs ?? 0);
      const spentMs = clock.monotonicMs() - startedMs;
      if (spentMs + delayMs >= MAX_TOTAL_MS) return { kind: "failed", failure, attempts };
      await sleep(clock, delayMs);
    }
  }
}
