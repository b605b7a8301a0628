import { Code, ConnectError } from "@connectrpc/connect";
import { ErrorInfoSchema } from "@countersign/gen/google/rpc/error_details_pb.js";
import { SessionError } from "@countersign/sdk";
import { expect, test } from "vitest";
import { ask, describeRefusal, type Finding } from "../../../web-demo/src/trials/finding.ts";

const CHALLENGE = 'Bearer realm="countersign", error="invalid_token"';

function refusal(code: Code, reason: string, metadata: Record<string, string> = {}): ConnectError {
  const info = { desc: ErrorInfoSchema, value: { domain: "countersign", reason, metadata } };
  return new ConnectError("no", code, undefined, [info]);
}

test("a refusal is shown with its code, its reason and the cause that the server names", () => {
  expect(describeRefusal(refusal(Code.PermissionDenied, "POLICY_DENIED"))).toEqual({
    answer: "PERMISSION_DENIED · POLICY_DENIED",
    tone: "refused",
    detail: "no",
  });
  const replayed = refusal(Code.Unauthenticated, "SESSION_REVOKED", { cause: "reuse_detected" });
  expect(describeRefusal(replayed).answer).toBe("UNAUTHENTICATED · SESSION_REVOKED · reuse_detected");
});

test("the challenge of the server stands before its message", () => {
  const headers = { "www-authenticate": CHALLENGE };
  expect(describeRefusal(new ConnectError("no", Code.Unauthenticated, headers)).detail).toBe(CHALLENGE);
});

test("what the SDK refuses is shown by the reason of the SDK, and what it says beside it", () => {
  const refused = { answer: "REFRESH_UNAVAILABLE", tone: "refused" };
  expect(describeRefusal(new SessionError("REFRESH_UNAVAILABLE", { retryAfterMs: 5 }))).toEqual(refused);
  expect(describeRefusal(new SessionError("REFRESH_UNAVAILABLE", { detail: "status 503" }))).toEqual({
    ...refused,
    detail: "status 503",
  });
});

test("a call is noted by its answer, and one that fails by its refusal", async () => {
  const noted: Finding[] = [];
  const note = (finding: Finding): unknown => noted.push(finding);
  const question = { what: "You call", describe: (count: number) => `${count} notes` };
  await ask(note, { ...question, call: async () => 3 });
  await ask(note, { ...question, call: () => Promise.reject(refusal(Code.Unavailable, "AUTH_UNAVAILABLE")) });
  expect(noted.map(({ what, answer }) => [what, answer])).toEqual([
    ["You call", "OK · 3 notes"],
    ["You call", "UNAVAILABLE · AUTH_UNAVAILABLE"],
  ]);
});
