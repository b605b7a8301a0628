import { create } from "@bufbuild/protobuf";
import { DurationSchema } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError } from "@connectrpc/connect";
import {
  BadRequestSchema,
  ErrorInfoSchema,
  RetryInfoSchema,
} from "@countersign/gen/google/rpc/error_details_pb.js";
import { describe, expect, test } from "vitest";
import { toFailure } from "../../../web-demo/src/model/failure.ts";

const withReason = (code: Code, reason: string) =>
  new ConnectError("m", code, undefined, [
    { desc: ErrorInfoSchema, value: { reason, domain: "countersign" } },
  ]);

const notProven = withReason(Code.Unauthenticated, "DPOP_PROOF_INVALID");

describe("toFailure", () => {
  const cases = [
    ["a wrong password", withReason(Code.Unauthenticated, "CREDENTIALS_INVALID"), "credentials"],
    ["a revoked session", withReason(Code.Unauthenticated, "SESSION_REVOKED"), "signed_out"],
    ["a proof for another address", notProven, "address"],
    ["a sign-in that it ended", ConnectError.from(new Error("m", { cause: notProven })), "address"],
    ["a missing scope", withReason(Code.PermissionDenied, "INSUFFICIENT_SCOPE"), "denied"],
    ["an outage", new ConnectError("m", Code.Unavailable), "unreachable"],
    ["a deadline", new ConnectError("m", Code.DeadlineExceeded), "unreachable"],
    ["a fetch that failed", ConnectError.from(new TypeError("Failed to fetch")), "unreachable"],
    ["a bare TypeError", new TypeError("Failed to fetch"), "unreachable"],
    ["an unknown error of the server", new ConnectError("m", Code.Unknown), "other"],
    ["an internal error", new ConnectError("m", Code.Internal), "other"],
    ["a note that is gone", new ConnectError("m", Code.NotFound), "not_found"],
  ] as const;
  test.each(cases)("tells %s", (_name, err, kind) => {
    expect(toFailure(err).kind).toBe(kind);
  });

  test("says how long to wait, rounded up to a millisecond", () => {
    const retryDelay = create(DurationSchema, { seconds: 12n, nanos: 500_000_001 });
    const err = new ConnectError("m", Code.ResourceExhausted, undefined, [
      { desc: RetryInfoSchema, value: { retryDelay } },
    ]);
    expect(toFailure(err)).toEqual({
      kind: "rate_limited",
      message: "Too many attempts.",
      retryAfterMs: 12_501,
    });
  });

  test("names the field that the server did not accept", () => {
    const fieldViolations = [{ field: "title", description: "must be 1 to 200 characters" }];
    const err = new ConnectError("m", Code.InvalidArgument, undefined, [
      { desc: BadRequestSchema, value: { fieldViolations } },
    ]);
    expect(toFailure(err).message).toBe("title: must be 1 to 200 characters.");
  });

  test("never shows what an unknown error says", () => {
    expect(toFailure(new ConnectError("select * from users", Code.Internal)).message).toBe(
      "Something went wrong on the server.",
    );
  });
});
