import { AuthError } from "@countersign/server";
import { CommandError, InterruptedError, UsageError } from "./usage-error.ts";

/**
 * Do what may be refused for reasons that are the operator's to mend: then its message is all that is needed.
 *
 * @throws CommandError with the message of whatever was thrown; an AuthError as it is, for its cause
 */
export async function orExplain<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    const isClear = [UsageError, CommandError, InterruptedError, AuthError].some(
      (known) => cause instanceof known,
    );
    if (isClear) {
      throw cause;
    }
    throw new CommandError(cause instanceof Error ? cause.message : "failed", { cause });
  }
}
