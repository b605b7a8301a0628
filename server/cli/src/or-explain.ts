import { AuthError } from "@countersign/server";
import { CommandError, InterruptedError, UsageError } from "./usage-error.ts";

/**
 * Run work whose errors the operator can mend by their message alone, without a stack.
 *
 * @throws CommandError with the message of any other error; UsageError, CommandError, InterruptedError and AuthError as they are
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
