import { create, toBinary } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { AuthReasonSchema } from "@countersign/gen/countersign/auth/v1/errors_pb.js";
import { ErrorInfoSchema, RetryInfoSchema } from "@countersign/gen/google/rpc/error_details_pb.js";
import {
  type AuthReason,
  isReason,
  reasonOf,
  retryAfterMsOf,
  SessionError,
  TokenSourceError,
} from "@countersign/sdk";
import { createRefusal } from "@countersign/sdk/testing";
import { describe, expect, test } from "vitest";
import { isTokenRefused } from "../../../sdk/src/core/error-info.ts";
import { createTokenTooLongError } from "../../../server/gate/src/authenticate/token-size.ts";
import { toConnectError } from "../../../server/gate/src/connect/error-contract.ts";
import { AuthError } from "../../../server/gate/src/errors/auth-error.ts";

/** Whether a newer token may help. Complete by its type: a new reason must be decided on here. */
const REASONS = {
  TOKEN_MISSING: true,
  TOKEN_INVALID: true,
  TOKEN_EXPIRED: true,
  SESSION_REVOKED: true,
  STREAM_EXPIRED: true,
  CREDENTIALS_INVALID: false,
  REFRESH_TOKEN_INVALID: false,
  DPOP_PROOF_INVALID: false,
  DPOP_NONCE_REQUIRED: false,
  BINDING_REQUIRED: false,
  INSUFFICIENT_SCOPE: false,
  POLICY_DENIED: false,
  REAUTH_REQUIRED: false,
  RATE_LIMITED: false,
  AUTH_UNAVAILABLE: false,
  SERVER_DRAINING: false,
} as const satisfies Record<AuthReason, boolean>;
const NAMES = Object.keys(REASONS) as readonly AuthReason[];

/** An error as it comes over the wire. */
function received(error: ConnectError): ConnectError {
  const copy = new ConnectError(error.message, error.code, error.metadata);
  copy.details = error.details.map((detail) => {
    if (!("desc" in detail)) {
      return detail;
    }
    const { desc, value } = detail;
    return { type: desc.typeName, value: toBinary(desc, create(desc, value)) };
  });
  return copy;
}

function withInfo(reason: string, domain = "countersign"): ConnectError {
  return new ConnectError("m", Code.Unauthenticated, undefined, [
    { desc: ErrorInfoSchema, value: { reason, domain } },
  ]);
}

describe("the reason of a refused call", () => {
  test("is one of errors.proto", () => {
    const listed = AuthReasonSchema.values.map(({ localName }) => localName);
    expect(new Set(listed)).toEqual(new Set(["UNSPECIFIED", ...NAMES]));
  });

  test.each(NAMES)("%s is read as the server sends it, and as a test makes it", (reason) => {
    const sent = toConnectError(
      new AuthError(reason, "the rule", { metadata: { cause: "reuse_detected", scopes: "a b" } }),
    );
    const faked = createRefusal(reason);
    expect([sent, received(sent), faked, received(faked)].map(reasonOf)).toEqual(Array(4).fill(reason));
    expect(faked.code).toBe(sent.code);
    expect(isReason(sent, reason)).toBe(true);
    expect(isReason(sent, ...NAMES.filter((other) => other !== reason))).toBe(false);
    expect(isTokenRefused(received(sent))).toBe(REASONS[reason]);
  });

  test("tells a token that is too long apart: a newer one is no shorter", () => {
    const sent = toConnectError(createTokenTooLongError(9001, 8192));
    expect(reasonOf(received(sent))).toBe("TOKEN_INVALID");
    expect(sent.rawMessage).toBe("the access token has 9001 bytes, and this server takes 8192 at the most");
    expect(isTokenRefused(received(sent))).toBe(false);
  });

  test.each([
    ["a reason that this version does not know", withInfo("TOKEN_BENT")],
    ["the enum's zero", withInfo("UNSPECIFIED")],
    ["a name that every object has", withInfo("constructor")],
    ["another domain", withInfo("TOKEN_EXPIRED", "googleapis.com")],
    ["an error without details", new ConnectError("TOKEN_EXPIRED", Code.Unauthenticated)],
    ["an error of the SDK", new SessionError("SIGNED_OUT")],
    ["an error of JavaScript", new TypeError("TOKEN_EXPIRED")],
    ["no error at all", undefined],
  ])("is undefined for %s", (_name, error) => {
    expect(reasonOf(error)).toBeUndefined();
    expect(isReason(error, ...NAMES)).toBe(false);
  });

  test("is one of none when none is named", () => {
    expect(isReason(withInfo("TOKEN_EXPIRED"))).toBe(false);
  });
});

describe("the time to wait", () => {
  const withRetry = new ConnectError("m", Code.Unavailable, { "retry-after": "9" }, [
    { desc: RetryInfoSchema, value: { retryDelay: { seconds: 1n, nanos: 500_000_000 } } },
  ]);
  test.each([
    ["RetryInfo, before the header", withRetry, 1_500],
    ["RetryInfo as it arrives", received(withRetry), 1_500],
    ["the header Retry-After", new ConnectError("m", Code.Unavailable, { "retry-after": "9" }), 9_000],
    ["what the SDK has found", new SessionError("REFRESH_UNAVAILABLE", { retryAfterMs: 250 }), 250],
    ["what a token source has found", new TokenSourceError("transient", "m", { retryAfterMs: 70 }), 70],
    ["no more than a day", createRefusal("RATE_LIMITED", { retryAfterMs: 1e10 }), 86_400_000],
    ["nothing where none is given", createRefusal("TOKEN_EXPIRED"), undefined],
    ["nothing where the SDK knows none", new SessionError("SIGNED_OUT"), undefined],
    ["nothing for another error", new Error("m"), undefined],
  ])("is %s", (_name, error, waitMs) => {
    expect(retryAfterMsOf(error)).toBe(waitMs);
  });
});
