import { ConnectError } from "@connectrpc/connect";
import { afterEach, describe, expect, test } from "vitest";
import { toConnectError } from "../../../server/gate/src/connect/error-contract.ts";
import { AuthError } from "../../../server/gate/src/errors/auth-error.ts";
import { createRefusal } from "../../../server/gate/src/errors/refusal.ts";
import { withoutStack } from "../../../server/gate/src/errors/without-stack.ts";

const FRAME = /\n\s+at /;
const before = Object.getOwnPropertyDescriptor(Error, "stackTraceLimit");

afterEach(() => {
  if (before !== undefined) {
    Object.defineProperty(Error, "stackTraceLimit", before);
  }
});

describe("the error of a call that is refused", () => {
  test("has no stack trace: making one takes longer than all else about a refusal", () => {
    const refusal = createRefusal("TOKEN_INVALID", "the token is not three base64url segments");
    expect(refusal.stack).not.toMatch(FRAME);
    expect(toConnectError(refusal).stack).not.toMatch(FRAME);
    expect(new AuthError("POLICY_DENIED", "thrown by a handler").stack).toMatch(FRAME);
  });

  test("is an AuthError and a ConnectError like any other", () => {
    const cause = new TypeError("what led to it");
    const options = { metadata: { scopes: "admin" }, retryAfterMs: 5, cause };
    const refusal = createRefusal("INSUFFICIENT_SCOPE", "the token lacks a scope", options);
    expect(refusal).toEqual(new AuthError("INSUFFICIENT_SCOPE", "the token lacks a scope", options));
    expect(refusal).toBeInstanceOf(AuthError);
    const sent = toConnectError(refusal);
    expect(sent).toBeInstanceOf(ConnectError);
    expect([refusal, sent].map((error) => Object.prototype.toString.call(error))).toEqual([
      "[object Error]",
      "[object Error]",
    ]);
    expect(sent.cause).toBe(refusal);
  });
});

describe("what makes an error without its trace", () => {
  test("leaves the traces of all other errors as they were, even when it fails", () => {
    Error.stackTraceLimit = 7;
    withoutStack(() => new Error("made"));
    expect(Error.stackTraceLimit).toBe(7);
    const fail = (): never => {
      throw new RangeError("while it was made");
    };
    expect(() => withoutStack(fail)).toThrow(RangeError);
    expect(Error.stackTraceLimit).toBe(7);
    expect(new Error("another").stack).toMatch(FRAME);
  });

  test("makes it with its trace where traces cannot be switched off", () => {
    Object.defineProperty(Error, "stackTraceLimit", { value: 10, writable: false, configurable: true });
    expect(withoutStack(() => new Error("frozen"))).toMatchObject({ message: "frozen" });
    expect(withoutStack(() => new Error("frozen")).stack).toMatch(FRAME);
  });

  test("gives no limit to an engine that has none", () => {
    Reflect.deleteProperty(Error, "stackTraceLimit");
    expect(withoutStack(() => new Error("none"))).toMatchObject({ message: "none" });
    expect(Object.hasOwn(Error, "stackTraceLimit")).toBe(false);
  });
});
