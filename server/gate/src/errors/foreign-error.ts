/** What names and codes of errors are made of, such as `ECONNREFUSED`. What they have beside that may be a secret. */
const WORD = /^[A-Za-z][A-Za-z0-9_]{0,63}$/;

/**
 * Say what kind an error of the application's own code is, or of a platform: its code or that of its cause, or
 * else its name. Its message may repeat what it was about, such as a token, and is not shown.
 */
export function describeForeignError(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  return codeOf(cause) ?? codeOf(error) ?? nameOf(cause) ?? nameOf(error) ?? "unknown error";
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error ? toWord(error.code) : undefined;
}

function nameOf(error: unknown): string | undefined {
  return error instanceof Error ? toWord(error.name) : undefined;
}

function toWord(value: unknown): string | undefined {
  return typeof value === "string" && WORD.test(value) ? value : undefined;
}
