import { Code, ConnectError } from "@connectrpc/connect";
import { ErrorInfoSchema } from "@countersign/gen/google/rpc/error_details_pb.js";
import { describe, expect, test } from "vitest";
import { classifyFeedEnd, feedPauseMs } from "../../../web-demo/src/feed/feed-end.ts";

const refusal = (reason: string, code = Code.Unauthenticated) =>
  new ConnectError("m", code, undefined, [
    { desc: ErrorInfoSchema, value: { reason, domain: "countersign" } },
  ]);

describe("classifyFeedEnd", () => {
  const cases = [
    ["STREAM_EXPIRED", refusal("STREAM_EXPIRED"), "expired"],
    ["TOKEN_EXPIRED", refusal("TOKEN_EXPIRED"), "expired"],
    ["SESSION_REVOKED", refusal("SESSION_REVOKED"), "refused"],
    ["a missing scope", refusal("INSUFFICIENT_SCOPE", Code.PermissionDenied), "refused"],
    ["an end without an error", undefined, "lost"],
    ["an outage", new ConnectError("m", Code.Unavailable), "lost"],
    ["a broken connection", new TypeError("network error"), "lost"],
    ["a cut trailer", "missing trailer", "lost"],
    ["an error of the server", new ConnectError("m", Code.Internal), "lost"],
  ] as const;
  test.each(cases)("takes %s as it is meant", (_name, err, end) => {
    expect(classifyFeedEnd(err)).toBe(end);
  });
});

describe("feedPauseMs", () => {
  test("doubles from half a second to ten seconds", () => {
    expect([1, 2, 3, 4, 5, 6, 60].map((failures) => feedPauseMs(failures, 0))).toEqual([
      500, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000,
    ]);
  });

  test("leaves out up to half of it", () => {
    expect(feedPauseMs(1, 1)).toBe(250);
  });
});
