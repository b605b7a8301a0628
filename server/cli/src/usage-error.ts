/** The command was called wrongly: its message goes to the user, with a hint at --help, and the exit code is 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** Something outside of the command is wrong: its message goes to the user as it is. */
export class CommandError extends Error {
  override readonly name = "CommandError";
  /** What the command ends with. */
  readonly exitCode: number = 1;
}

/** The user must sign in first: the exit code is 4, so that scripts can tell it from what passes by itself. */
export class SignInNeededError extends CommandError {
  override readonly exitCode = 4;
}

/** The user has broken the command off, as with Ctrl-C at a question: the exit code is 130. */
export class InterruptedError extends Error {
  override readonly name = "InterruptedError";
}
