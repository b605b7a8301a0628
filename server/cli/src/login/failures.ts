import { isSessionError, isTokenSourceError, reasonOf, retryAfterMsOf } from "@countersign/sdk";
import { formatDuration } from "../duration.ts";
import { toPrintableLines } from "../issuer-check/printable.ts";
import { reasonOf as messageOf } from "../reason-of.ts";
import { CommandError, SignInNeededError } from "../usage-error.ts";
import type { LoginRecord } from "./login-record.ts";

/** Write how to sign in again. */
function loginLineOf({ server, user, provider }: Omit<LoginRecord, "signedInAtMs">): string {
  return `countersign login ${server} ${provider === undefined ? `--user ${user}` : `--client-id ${provider.clientId}`}`;
}

/** Convert what a sign-in has failed with to what its user can do. */
export function toSignInError(cause: unknown, server: string): unknown {
  if (cause instanceof CommandError) {
    return cause;
  }
  if (reasonOf(cause) !== undefined || isTokenSourceError(cause)) {
    return new CommandError(`${server} does not sign you in: ${plainMessageOf(cause)}`, { cause });
  }
  return new CommandError(
    `${server} cannot be used to sign in: ${plainMessageOf(cause)}. With --user it must be a Countersign server, with ` +
      "--client-id the issuer of an OpenID provider",
    { cause },
  );
}

/** Convert what asking for a token has failed with to what its user can do. */
export function toTokenError(cause: unknown, record: LoginRecord, failure: Error | undefined): unknown {
  if (isSessionError(cause, "SIGNED_OUT")) {
    return new SignInNeededError(
      `the login of ${record.user} at ${record.server} has ended. Sign in again: ${loginLineOf(record)}`,
      { cause },
    );
  }
  const waitMs = retryAfterMsOf(cause) ?? 0;
  const again = waitMs > 0 ? `. Try again in ${formatDuration(Math.ceil(waitMs / 1_000) * 1_000)}` : "";
  return new CommandError(
    `${record.server} gives no new token now: ${plainMessageOf(failure ?? cause)}${again}. The login is kept`,
    { cause },
  );
}

/** What an error says, in one line, without the code that errors of Connect begin with. A server may have chosen the words. */
export function plainMessageOf(error: unknown): string {
  if (isSessionError(error, "REFRESH_UNAVAILABLE") && error.cause === undefined) {
    return "a refresh has failed just now, and the next one must wait";
  }
  const inner = isSessionError(error) && error.cause !== undefined ? error.cause : error;
  const message =
    inner instanceof Error && "rawMessage" in inner && typeof inner.rawMessage === "string"
      ? inner.rawMessage
      : messageOf(inner);
  return toPrintableLines(message).join(" ");
}
