import { Code, ConnectError } from "@connectrpc/connect";
import { AuthError } from "../errors/auth-error.ts";

/**
 * End a stream that was waiting when its call was aborted.
 *
 * @throws the reason of the abort when it is meant for the caller, otherwise ConnectError `Canceled`
 */
export function assertNotAborted(signal: AbortSignal): void {
  if (!signal.aborted) return;
  const reason: unknown = signal.reason;
  if (reason instanceof AuthError || reason instanceof ConnectError) throw reason;
  throw new ConnectError("the call was canceled", Code.Canceled, undefined, undefined, reason);
}
