import { create, toBinary } from "@bufbuild/protobuf";
import { ConnectError } from "@connectrpc/connect";
import { AuthReason as ReasonNumbers } from "@countersign/gen/countersign/auth/v1/errors_pb.js";
import { type AuthReason, hasReason, readRefusal, readRetryAfterMs } from "./error-info.ts";
import { isSessionError } from "./errors.ts";
import { isTokenSourceError } from "./source-error.ts";

/**
 * Read why a Countersign server refused a call, such as `TOKEN_EXPIRED`.
 *
 * @param error what a call was rejected with
 * @returns `undefined` when the error is not from such a server, or has a reason that this version does not know
 */
export function reasonOf(error: unknown): AuthReason | undefined {
  const reason = readRefusal(toReceived(error)).reason;
  return reason !== undefined && isAuthReason(reason) ? reason : undefined;
}

/** Check whether a Countersign server refused a call for one of these reasons. */
export function isReason(error: unknown, ...reasons: readonly AuthReason[]): boolean {
  return hasReason(toReceived(error), reasons);
}

/**
 * Read after how many milliseconds another try makes sense: what a `SessionError` or a `TokenSourceError` says, else
 * what the server asks for in `google.rpc.RetryInfo` or in the header Retry-After, at most a day.
 *
 * @param error what a call was rejected with
 * @returns `undefined` when the error does not say
 */
export function retryAfterMsOf(error: unknown): number | undefined {
  const isOwn = isSessionError(error) || isTokenSourceError(error);
  return isOwn ? error.retryAfterMs : readRetryAfterMs(toReceived(error));
}

function isAuthReason(reason: string): reason is AuthReason {
  return reason !== "UNSPECIFIED" && Object.hasOwn(ReasonNumbers, reason);
}

/** Convert what was thrown to an error as it arrives from a server: one made in the same process is not serialized yet. */
function toReceived(thrown: unknown): ConnectError {
  const { message, code, metadata, details } = ConnectError.from(thrown);
  const error = new ConnectError(message, code, metadata);
  error.details = details.map((detail) =>
    "desc" in detail
      ? { type: detail.desc.typeName, value: toBinary(detail.desc, create(detail.desc, detail.value)) }
      : detail,
  );
  return error;
}
