import { pauseMs } from "./backoff.ts";
import { SessionError } from "./errors.ts";
import { classifyFailure } from "./failure.ts";
import type { RefreshContext } from "./refresh-context.ts";
import { beginSession } from "./sign-in.ts";
import type { TokenGrant } from "./source.ts";
import { ATTEMPT_TIMEOUT_MS, withTimeout } from "./timeout.ts";

/**
 * Sign in without a user: once for all who wait, and after a failure not again before 5 s, doubling to 60 s.
 *
 * @throws SessionError `SIGNED_OUT` when the source needs a user, `REFRESH_UNAVAILABLE` when it has no tokens now
 * @throws ConnectError when the source refuses as it is set up
 */
export type Acquirer = () => Promise<void>;

/** Create the {@link Acquirer} of a session. */
export function createAcquirer(context: RefreshContext): Acquirer {
  const { clock, source } = context;
  let flight: Promise<void> | undefined;
  let failures = 0;
  let retryAtMs = 0;

  async function acquire(): Promise<TokenGrant> {
    const run = source.acquire?.bind(source);
    if (run === undefined) throw new SessionError("SIGNED_OUT");
    const waitMs = retryAtMs - clock.monotonicMs();
    if (waitMs > 0) throw new SessionError("REFRESH_UNAVAILABLE", { retryAfterMs: waitMs });
    try {
      const grant = await withTimeout(clock, ATTEMPT_TIMEOUT_MS, run);
      failures = 0;
      return grant;
    } catch (cause) {
      failures += 1;
      throw explain(cause);
    }
  }

  function explain(cause: unknown): unknown {
    const failure = classifyFailure(cause);
    const retryAfterMs = failure.kind === "transient" ? (failure.retryAfterMs ?? 0) : 0;
    const pause = Math.max(pauseMs(failures), retryAfterMs);
    retryAtMs = clock.monotonicMs() + pause;
    if (failure.kind !== "transient") return failure.error;
    return new SessionError("REFRESH_UNAVAILABLE", { retryAfterMs: pause, cause });
  }

  return () => {
    flight ??= beginSession(context, acquire).finally(() => {
      flight = undefined;
    });
    return flight;
  };
}
