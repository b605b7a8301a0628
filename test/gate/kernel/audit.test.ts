import { expect, it } from "vitest";
import { denied } from "../../../server/gate/src/kernel/audit.ts";

const error = { reason: "POLICY_DENIED", message: "the rule does not allow it" };
const call = { method: "a.B/C", isShadow: false, caller: undefined };

it("a refusal says who was refused, as far as that is known, and never by a token", () => {
  expect(denied(call, error)).toEqual({
    type: "call_denied",
    method: "a.B/C",
    reason: "POLICY_DENIED",
    detail: "the rule does not allow it",
  });
  const caller = { subject: "usr_1", clientId: "app", sessionId: undefined, tokenId: "t" };
  expect(denied({ ...call, isShadow: true, caller }, error)).toEqual({
    type: "call_would_be_denied",
    method: "a.B/C",
    reason: "POLICY_DENIED",
    detail: "the rule does not allow it",
    subject: "usr_1",
    clientId: "app",
    tokenId: "t",
  });
});
