import { getOption } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import {
  AuthReasonSchema,
  auth_reason,
  AuthReason as ReasonNumbers,
} from "@countersign/gen/countersign/auth/v1/errors_pb.js";
import { ErrorInfoSchema, RetryInfoSchema } from "@countersign/gen/google/rpc/error_details_pb.js";
import type { AuthReason } from "../core/error-info.ts";
import { assertOptions, type OptionForm } from "../core/option-forms.ts";

/** What {@link createRefusal} can add. */
export interface RefusalOptions {
  readonly metadata?: Readonly<Record<string, string>> | undefined;
  /** How long the client is asked to wait, in milliseconds. */
  readonly retryAfterMs?: number | undefined;
}

const FORMS = { metadata: "object", retryAfterMs: "number" } satisfies Record<
  keyof RefusalOptions,
  OptionForm
>;

/**
 * Make the error that a Countersign server answers with for a reason such as `TOKEN_EXPIRED`.
 *
 * @throws TypeError when an option is misspelt, or of another form
 */
export function createRefusal(reason: AuthReason, options: RefusalOptions = {}): ConnectError {
  assertOptions("createRefusal", options, FORMS);
  const { metadata = {}, retryAfterMs } = options;
  const error = new ConnectError(reason, codeOf(reason));
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

/** Read the code of a reason from `errors.proto`. */
function codeOf(reason: AuthReason): Code {
  const value = AuthReasonSchema.value[ReasonNumbers[reason]];
  const code = value === undefined ? Code.Unknown : getOption(value, auth_reason).code;
  // The codes of gRPC are those of Connect by number.
  return code as number as Code;
}
