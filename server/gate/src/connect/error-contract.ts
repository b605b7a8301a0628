import type { DescMethod, MessageInitShape } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { ErrorInfoSchema, RetryInfoSchema } from "@countersign/gen/google/rpc/error_details_pb.js";
import type { TokenScheme } from "../authenticate/authorization.ts";
import { isTokenTooLong } from "../authenticate/token-size.ts";
import { PROOF_ALGORITHMS } from "../binding/read-proof.ts";
import { AuthError, type AuthReason } from "../errors/auth-error.ts";
import { withoutStack } from "../errors/without-stack.ts";
import { findKeySourceError } from "../keys/own-source.ts";
import { encodeDetails, type OutgoingDetail } from "./encode-details.ts";
import { codeOf } from "./reason-codes.ts";
import { type ChallengeHints, type FindChallengeHints, writeChallenge } from "./resource/challenge.ts";

/** The domain of every reason in google.rpc.ErrorInfo. */
export const ERROR_DOMAIN = "countersign";

/**
 * The trailer of a stream that its server ends because it stops. The SDK has the same: a test holds both equal.
 */
const DRAIN_TRAILER = "countersign-drain";

/** An error code of a challenge: RFC 6750 §3.1, RFC 9470 §3 and RFC 9449 §7.1. */
type Challenge =
  | "invalid_token"
  | "insufficient_scope"
  | "insufficient_user_authentication"
  | "invalid_dpop_proof"
  | "use_dpop_nonce";

/** What a reason becomes on the wire, beside its code. */
interface WireError {
  /** The message for the caller, where the error's own says more than a stranger should learn. */
  readonly message?: string;
  /** The error code of the challenge; null: a challenge without one; undefined: no challenge. */
  readonly challenge?: Challenge | null;
  /** The scheme of the challenge, where the reason is about one. Default: that by which the token came. */
  readonly scheme?: TokenScheme;
  /** Fields of the trailer, for clients that read no details. */
  readonly trailer?: Readonly<Record<string, string>>;
}

/**
 * The one table by which errors leave; errors.proto has the codes. An outage is never `Unauthenticated`: that signs
 * users out.
 */
const WIRE_ERRORS = {
  TOKEN_MISSING: { challenge: null },
  // Which check failed goes to the audit only, but for the length: to a forger of tokens it would be a guide.
  TOKEN_INVALID: { message: "the access token is not valid", challenge: "invalid_token" },
  TOKEN_EXPIRED: { challenge: "invalid_token" },
  SESSION_REVOKED: { challenge: "invalid_token" },
  STREAM_EXPIRED: { challenge: "invalid_token" },
  // As of TOKEN_INVALID: the audit has the check.
  DPOP_PROOF_INVALID: {
    message: "the DPoP proof is not valid",
    challenge: "invalid_dpop_proof",
    scheme: "DPoP",
  },
  DPOP_NONCE_REQUIRED: { challenge: "use_dpop_nonce", scheme: "DPoP" },
  BINDING_REQUIRED: { challenge: "invalid_token", scheme: "DPoP" },
  CREDENTIALS_INVALID: {},
  REFRESH_TOKEN_INVALID: {},
  INSUFFICIENT_SCOPE: { challenge: "insufficient_scope" },
  POLICY_DENIED: {},
  REAUTH_REQUIRED: { challenge: "insufficient_user_authentication" },
  RATE_LIMITED: {},
  AUTH_UNAVAILABLE: {},
  SERVER_DRAINING: { trailer: { [DRAIN_TRAILER]: "1" } },
} as const satisfies Record<AuthReason, WireError>;

/** How long to wait after an outage of unknown length, in milliseconds. */
const DEFAULT_RETRY_MS = 1000;

/**
 * Convert an error of ours to the form it has on the wire, the same in gRPC, gRPC-Web and Connect: a code, a
 * google.rpc.ErrorInfo, for what will pass a google.rpc.RetryInfo, and for tokens a challenge
 * ([RFC 6750 §3](https://www.rfc-editor.org/rfc/rfc6750#section-3)).
 *
 * @param hints what the challenge says of the method. Default: nothing
 * @param scheme by which the token came
 */
export function toConnectError(
  error: AuthError,
  hints?: ChallengeHints,
  scheme: TokenScheme = "Bearer",
): ConnectError {
  const wire: WireError = WIRE_ERRORS[error.reason];
  const code = codeOf(error.reason);
  const message = isTokenTooLong(error) ? error.message : (wire.message ?? error.message);
  const challenge = toChallenge(error, wire, {
    message,
    hints,
    scheme: schemeOf(error, wire, hints) ?? scheme,
  });
  const metadata = {
    ...wire.trailer,
    ...toMetadata(challenge, retryAfterMsOf(error, code)),
    ...toNonceField(error),
  };
  // Where the conversion stands says nothing: its cause has the trace of whatever is worth one.
  const converted = withoutStack(() => new ConnectError(message, code, metadata, undefined, error));
  converted.details = encodeDetails(error, () => toDetails(error, code));
  return converted;
}

/** Find the scheme that a challenge must have, however the token came; undefined: that of the token. */
function schemeOf(
  { reason }: AuthError,
  { scheme }: WireError,
  hints: ChallengeHints | undefined,
): TokenScheme | undefined {
  // Nothing came that would say it, and another token than a bound one would be refused.
  return reason === "TOKEN_MISSING" && hints?.requiresBinding === true ? "DPoP" : scheme;
}

/** How long the caller should wait, in whole milliseconds; undefined: waiting does not help. */
function retryAfterMsOf({ retryAfterMs }: AuthError, code: Code): number | undefined {
  const waitMs = retryAfterMs ?? (code === Code.Unavailable ? DEFAULT_RETRY_MS : undefined);
  return waitMs === undefined ? undefined : Math.max(0, Math.ceil(waitMs));
}

/** For clients over HTTP that read no details: the header field has whole seconds (RFC 9110 §10.2.3). */
function toMetadata(
  challenge: string | undefined,
  retryAfterMs: number | undefined,
): Readonly<Record<string, string>> {
  return {
    ...(challenge === undefined ? {} : { "www-authenticate": challenge }),
    ...(retryAfterMs === undefined ? {} : { "retry-after": String(Math.ceil(retryAfterMs / 1000)) }),
  };
}

/** The nonce that the next proof must have (RFC 9449 §8). */
function toNonceField({ reason, metadata }: AuthError): Readonly<Record<string, string>> {
  const { nonce } = metadata;
  return reason === "DPOP_NONCE_REQUIRED" && nonce !== undefined ? { "dpop-nonce": nonce } : {};
}

/** Receives an error that is not the caller's, with the method that it came from. It must not throw. */
export type ErrorSink = (error: unknown, method: DescMethod) => void;

/** What errors are converted with. */
export interface WireErrorContext {
  /** Receives errors that are not the caller's. */
  readonly onError: ErrorSink;
  /** Finds what the challenge of a method says. */
  readonly findChallengeHints: FindChallengeHints;
  /** By which the token came. Default: `Bearer`. */
  readonly scheme?: TokenScheme;
}

/**
 * Convert whatever was thrown to what the caller may see. What is neither ours nor meant for the caller is
 * reported and leaves as "internal error".
 */
export function toWireError(
  error: unknown,
  method: DescMethod,
  { onError, findChallengeHints, scheme }: WireErrorContext,
): ConnectError {
  if (error instanceof AuthError) {
    reportKeySourceError(error, method, onError);
    return toConnectError(error, findChallengeHints(method), scheme);
  }
  if (error instanceof ConnectError) {
    return error;
  }
  return toInternalError(error, method, onError);
}

/** Report an error, and make the one that says nothing of it. */
export function toInternalError(error: unknown, method: DescMethod, onError: ErrorSink): ConnectError {
  onError(error, method);
  return new ConnectError("internal error", Code.Internal, undefined, undefined, error);
}

/** Report what a key source of the application's threw: its caller learns only that the keys cannot be had. */
export function reportKeySourceError(error: AuthError, method: DescMethod, onError: ErrorSink): void {
  const failure = findKeySourceError(error);
  if (failure !== undefined) {
    onError(failure, method);
  }
}

function toDetails(error: AuthError, code: Code): OutgoingDetail[] {
  const info: MessageInitShape<typeof ErrorInfoSchema> = {
    reason: error.reason,
    domain: ERROR_DOMAIN,
    metadata: { ...error.metadata },
  };
  const details: OutgoingDetail[] = [{ desc: ErrorInfoSchema, value: info }];
  const waitMs = retryAfterMsOf(error, code);
  if (waitMs !== undefined) {
    const retryDelay = { seconds: BigInt(Math.floor(waitMs / 1000)), nanos: (waitMs % 1000) * 1_000_000 };
    details.push({ desc: RetryInfoSchema, value: { retryDelay } });
  }
  return details;
}

interface ChallengeContext {
  readonly message: string;
  readonly hints: ChallengeHints | undefined;
  readonly scheme: TokenScheme;
}

/** Every value is ours: names of scopes come from the proto, and the message names a rule (RFC 6750 §3). */
function toChallenge(
  error: AuthError,
  wire: WireError,
  { message, hints, scheme }: ChallengeContext,
): string | undefined {
  const { challenge } = wire;
  if (challenge === undefined) {
    return undefined;
  }
  const { scopes, acr_values: acrValues, max_age: maxAge, error: fault } = error.metadata;
  return writeChallenge({
    scheme,
    algs: scheme === "DPoP" ? PROOF_ALGORITHMS.join(" ") : undefined,
    realm: ERROR_DOMAIN,
    error: challenge === null ? undefined : { code: fault ?? challenge, description: message },
    // With one of those of which one is enough: a client that asks for these alone gets a token that does.
    scope: hints?.scope ?? scopes,
    acrValues,
    maxAge,
    resourceMetadata: hints?.resourceMetadata,
  });
}
