import type { Clock } from "@countersign/server";
import type { Store } from "../store/database.ts";
import { clearSignInFailures, countSignInFailure, findSignInFailures } from "../store/sign-in-failures.ts";
import {
  assertWaited,
  createSignInLimiter,
  FAILURE_WINDOW_MS,
  type SignInLimiter,
} from "./sign-in-limiter.ts";

/**
 * Create a limiter whose failures all servers of a store count together: a caller that guesses at several of them gains
 * no attempts. What this server knows itself is asked first, and spares the store those who do not wait.
 */
export function createSharedSignInLimiter({
  store,
  clock,
}: {
  readonly store: Store;
  readonly clock: Clock;
}): SignInLimiter {
  const own = createSignInLimiter(clock);
  return {
    async assertAllowed(account) {
      own.assertAllowed(account);
      assertWaited(await findSignInFailures(store, account), clock.nowMs());
    },
    async recordFailure(account) {
      own.recordFailure(account);
      const nowMs = clock.nowMs();
      await countSignInFailure(store, account, { nowMs, forgetBeforeMs: nowMs - FAILURE_WINDOW_MS });
    },
    async recordSuccess(account) {
      own.recordSuccess(account);
      // A sign-in need not write what almost never is there.
      if ((await findSignInFailures(store, account)) !== undefined) {
        await clearSignInFailures(store, account);
      }
    },
  };
}
