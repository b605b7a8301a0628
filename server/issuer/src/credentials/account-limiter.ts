import { AuthError } from "@countersign/server";
import type { AttemptSource } from "./caller-recognition.ts";
import type { OwedAttempts } from "./owed-attempts.ts";
import { type SignInLimiter, tooManyFailures } from "./sign-in-limiter.ts";

/** Slows down guesses at passwords, and lets every caller have an attempt in the end. */
export interface AccountLimiter {
  /** @throws AuthError `RATE_LIMITED` while the caller has to wait */
  assertAllowed(source: AttemptSource): Promise<void>;
  /** Begin an attempt, with what the caller is owed if it has waited. @throws AuthError as `assertAllowed` */
  begin(source: AttemptSource): Promise<void>;
  /** Count a wrong password. */
  recordFailure(source: AttemptSource): Promise<void>;
  /** Forget the failures of the caller: it was the owner. */
  recordSuccess(source: AttemptSource): Promise<void>;
}

/**
 * Create the limiter of attempts at accounts. Failures count with those of the same known caller, or of all strangers.
 *
 * A caller waits as long as it was told first, whatever others do meanwhile, and what it tries while it waits changes
 * nothing.
 */
export function createAccountLimiter({
  failures,
  owed,
}: {
  readonly failures: SignInLimiter;
  readonly owed: OwedAttempts;
}): AccountLimiter {
  const assertWaited = async (source: AttemptSource): Promise<void> => {
    try {
      await failures.assertAllowed(source.bucket);
    } catch (error) {
      if (
        !(error instanceof AuthError) ||
        error.retryAfterMs === undefined ||
        error.reason !== "RATE_LIMITED"
      ) {
        throw error;
      }
      throw tooManyFailures(Math.min(error.retryAfterMs, owed.owe(source, error.retryAfterMs)));
    }
  };
  return {
    async assertAllowed(source) {
      if (!owed.isDue(source)) {
        await assertWaited(source);
      }
    },
    async begin(source) {
      if (!owed.take(source)) {
        await assertWaited(source);
      }
    },
    recordFailure: async ({ bucket }) => failures.recordFailure(bucket),
    recordSuccess: async ({ bucket }) => failures.recordSuccess(bucket),
  };
}
