import { Code, ConnectError } from "@connectrpc/connect";
import { ErrorInfoSchema } from "@countersign/gen/google/rpc/error_details_pb.js";
import { AuthError } from "@countersign/server";
import { toConnectError } from "@countersign/server/internal";
import { expectDenied } from "@countersign/server/testing";
import { expect, test } from "vitest";
import { notEmpty } from "../../support/not-empty.ts";

const denied = toConnectError(new AuthError("POLICY_DENIED", "the policy denies it"));
const foreign = new ConnectError("no", Code.PermissionDenied, undefined, [
  { desc: ErrorInfoSchema, value: { reason: "POLICY_DENIED", domain: "example.com" } },
]);

test("returns the error of a call that is denied as expected", async () => {
  expect(await expectDenied(Promise.reject(denied), "POLICY_DENIED")).toBe(denied);
});

test.each(
  notEmpty([
    ["passes", () => Promise.resolve({}), "the call passed: it was to be denied with TOKEN_EXPIRED"],
    [
      "is denied otherwise",
      () => Promise.reject(denied),
      "the call was denied with POLICY_DENIED; it was to",
    ],
    ["fails", () => Promise.reject(new TypeError("a bug")), "the call failed: [unknown] a bug; it was to"],
    [
      "is denied by another server",
      () => Promise.reject(foreign),
      "the call failed: [permission_denied] no; it",
    ],
  ] as const),
)("rejects when the call %s", async (_, call, message) => {
  await expect(expectDenied(call(), "TOKEN_EXPIRED")).rejects.toThrow(message);
});

/** A stream that says whether it was closed. */
function streamOf(...messages: readonly number[]) {
  const state = { isClosed: false };
  async function* run() {
    try {
      yield* messages;
      throw denied;
    } finally {
      state.isClosed = true;
    }
  }
  return { state, messages: run() };
}

test("a stream is denied when the error comes in place of its first message", async () => {
  expect(await expectDenied(streamOf().messages, "POLICY_DENIED")).toBe(denied);
});

test("a stream that has begun was not denied, and is closed", async () => {
  const { state, messages } = streamOf(1);
  await expect(expectDenied(messages, "POLICY_DENIED")).rejects.toThrow("the call passed");
  expect(state.isClosed).toBe(true);
});
