import { Code, ConnectError } from "@connectrpc/connect";
import { ErrorInfoSchema, RetryInfoSchema } from "@countersign/gen/google/rpc/error_details_pb.js";

const CODES: Readonly<Record<string, Code>> = {
  INSUFFICIENT_SCOPE: Code.PermissionDenied,
  POLICY_DENIED: Code.PermissionDenied,
  REAUTH_REQUIRED: Code.PermissionDenied,
  RATE_LIMITED: Code.ResourceExhausted,
  AUTH_UNAVAILABLE: Code.Unavailable,
};

/** What {@link createRefusal} can add. */
export interface RefusalOptions {
  readonly metadata?: Readonly<Record<string, string>> | undefined;
  /** How long the client is asked to wait, in milliseconds. */
  readonly retryAfterMs?: number | undefined;
}

/** Make the error that a Countersign server answers with for a reason such as `TOKEN_EXPIRED`. */
export function createRefusal(reason: string, options: RefusalOptions = {}): ConnectError {
  const { metadata = {}, retryAfterMs } = options;
  const error = new ConnectError(reason, CODES[reason] ?? Code.Unauthenticated);
  error.details.push({
    desc: ErrorInfoSchema,
    value: { domain: "countersign", reason, metadata: { ...metadata } },
  });
  if (retryAfterMs !== undefined) {
    const retryDelay = {
      seconds: BigInt(Math.floor(retryAfterMs / 1000)),
      nanos: (retryAfterMs % 1000) * 1_000_000,
    };
    error.details.push({ desc: RetryInfoSchema, value: { retryDelay } });
  }
  return error;
}
