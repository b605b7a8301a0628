import { Code, ConnectError } from "@connectrpc/connect";

/** Make the error `Unavailable` of what the network did. */
export function toUnavailable(error: unknown): ConnectError {
  const { code, rawMessage } = ConnectError.from(error);
  if (error instanceof ConnectError && code === Code.Unavailable) {
    return error;
  }
  return new ConnectError(rawMessage, Code.Unavailable, undefined, undefined, error);
}

/** Check whether Node refused to send what it was given. Errors of networks have no such types. */
export function isMistake(error: unknown): boolean {
  const cause = error instanceof ConnectError ? error.cause : error;
  return cause instanceof TypeError || cause instanceof RangeError;
}
