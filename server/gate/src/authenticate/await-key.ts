import { createRefusal } from "../errors/refusal.ts";
import type { VerificationKey } from "../keys/key-source.ts";

/**
 * Wait for a key that has to be fetched, but not for ever: a caller who hangs on us is worse than one who tries again.
 *
 * @param pending what the key source answered
 * @param timeoutMs how long to wait, in milliseconds
 * @throws AuthError `AUTH_UNAVAILABLE` when it was not there in time
 */
export async function awaitKey(
  pending: Promise<VerificationKey | undefined>,
  timeoutMs: number,
): Promise<VerificationKey | undefined> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(createRefusal("AUTH_UNAVAILABLE", "the keys were not at hand in time")),
      timeoutMs,
    );
  });
  try {
    return await Promise.race([pending, timeout]);
  } finally {
    clearTimeout(timer);
  }
}
