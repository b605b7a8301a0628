import { Code, ConnectError } from "@connectrpc/connect";
import { BadRequestSchema } from "@countersign/gen/google/rpc/error_details_pb.js";
import { isReason, retryAfterMsOf } from "@countersign/sdk";

/** What went wrong with a call, as far as it matters to the page. */
export type FailureKind =
  | "credentials"
  | "rate_limited"
  | "unreachable"
  | "address"
  | "denied"
  | "signed_out"
  | "invalid"
  | "not_found"
  | "other";

/** A failed call, ready to be shown. */
export interface Failure {
  readonly kind: FailureKind;
  /** A sentence for people. It never holds text of the server that is not meant for them. */
  readonly message: string;
  /** How long to wait before the next try, in milliseconds; 0 when the server does not say. */
  readonly retryAfterMs: number;
}

const MESSAGES = {
  credentials: "That username and password do not match.",
  rate_limited: "Too many attempts.",
  unreachable: "The server cannot be reached.",
  address:
    "The server takes no proofs for this address: start it with --public-url and the address of this page.",
  denied: "This account may not do that.",
  signed_out: "The server does not accept this session. Sign out, then sign in again.",
  invalid: "The server did not accept this input.",
  not_found: "It is not there any more.",
  other: "Something went wrong on the server.",
} satisfies Record<FailureKind, string>;

const KINDS: Partial<Record<Code, FailureKind>> = {
  [Code.Unauthenticated]: "signed_out",
  [Code.PermissionDenied]: "denied",
  [Code.ResourceExhausted]: "rate_limited",
  [Code.Unavailable]: "unreachable",
  [Code.DeadlineExceeded]: "unreachable",
  [Code.InvalidArgument]: "invalid",
  [Code.NotFound]: "not_found",
};

/**
 * Describe any error of a call for people.
 *
 * @param err what was thrown; anything that is no `ConnectError` is taken as Connect takes it
 */
export function toFailure(err: unknown): Failure {
  const error = ConnectError.from(err);
  const kind = kindOf(error);
  const violation = error.findDetails(BadRequestSchema)[0]?.fieldViolations[0];
  const message =
    kind === "invalid" && violation ? `${violation.field}: ${violation.description}.` : MESSAGES[kind];
  return { kind, message, retryAfterMs: Math.ceil(retryAfterMsOf(error) ?? 0) };
}

function kindOf(error: ConnectError): FailureKind {
  if (isReason(error, "CREDENTIALS_INVALID")) {
    return "credentials";
  }
  if (isOfProof(error)) {
    return "address";
  }
  // A failed fetch arrives as Unknown with its cause; an Unknown that a server sent has none.
  if (error.code === Code.Unknown && error.cause !== undefined) {
    return "unreachable";
  }
  return KINDS[error.code] ?? "other";
}

/** The SDK takes a proof that a server refuses for a fault of the set-up, which the refusal led to. */
function isOfProof(err: unknown): boolean {
  return err instanceof Error && (isReason(err, "DPOP_PROOF_INVALID") || isOfProof(err.cause));
}
