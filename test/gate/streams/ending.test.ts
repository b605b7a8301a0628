import { expect, test } from "vitest";
import { AuthError } from "../../../server/gate/src/errors/auth-error.ts";
import { createEnding } from "../../../server/gate/src/streams/ending.ts";

test("a stream that one of its listeners releases has ended with the error, not with the reason of the release", () => {
  const ending = createEnding();
  const error = new AuthError("SESSION_REVOKED", "revoked");
  const reasons: unknown[] = [];
  ending.signal.addEventListener("abort", () => reasons.push(ending.signal.reason));
  ending.onEnd(() => ending.release(new Error("the call is over")));
  ending.end(error);
  expect([reasons, ending.reason]).toEqual([[error], error]);
});
