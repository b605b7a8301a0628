import { CommandError, UsageError } from "./usage-error.ts";

/**
 * Do what may be refused for reasons that are the operator's to mend: then its message is all that is needed.
 *
 * @throws CommandError with the message of whatever was thrown
 */
export async function orExplain<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof UsageError || cause instanceof CommandError) throw cause;
    throw new CommandError(cause instanceof Error ? cause.message : "failed", { cause });
  }
}
