/** The command was called wrongly: its message goes to the user, with a hint at --help, and the exit code is 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}
