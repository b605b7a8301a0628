import { Code, ConnectError } from "@connectrpc/connect";
import { type Refusal, refusalOf, retryAfterMsOf } from "./error-info.ts";
import { TokenSourceError } from "./source-error.ts";
import type { SignedOutReason } from "./store.ts";

/**
 * What a failed refresh means: `final` ends the session, `transient` is tried again and deletes nothing,
 * `config` is a mistake in the set-up: the session is kept and the error is shown.
 */
export type Failure =
  | { readonly kind: "final"; readonly reason: SignedOutReason; readonly error: ConnectError }
  | { readonly kind: "transient"; readonly retryAfterMs?: number | undefined; readonly error: ConnectError }
  | { readonly kind: "config"; readonly error: ConnectError };

const CONFIG_CODES: ReadonlySet<Code> = new Set([
  Code.Unimplemented,
  Code.NotFound,
  Code.InvalidArgument,
  Code.FailedPrecondition,
  Code.PermissionDenied,
]);

/**
 * Say what a failed refresh means.
 *
 * Only a refusal that carries our own reason ends a session: a proxy that answers 401 on its own does not.
 */
export function classifyFailure(cause: unknown): Failure {
  const error = ConnectError.from(cause);
  if (cause instanceof TokenSourceError) {
    const { kind, reason, retryAfterMs } = cause;
    return { kind, reason, retryAfterMs, error };
  }
  const refusal = refusalOf(error);
  if (refusal !== undefined && isRefusal(error.code)) {
    return { kind: "final", reason: signedOutReason(refusal), error };
  }
  if (CONFIG_CODES.has(error.code)) return { kind: "config", error };
  return { kind: "transient", retryAfterMs: retryAfterMsOf(error), error };
}

function isRefusal(code: Code): boolean {
  return code === Code.Unauthenticated || code === Code.PermissionDenied;
}

function signedOutReason({ cause }: Refusal): SignedOutReason {
  return cause === "reuse_detected" || cause === "expired" ? cause : "revoked";
}
