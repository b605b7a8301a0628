import { Code, ConnectError } from "@connectrpc/connect";
import { expect, test } from "vitest";
import { boundMessage } from "../../../server/gate/src/connect/bound-message.ts";

test("a message that is short stays as it is", () => {
  const short = new ConnectError("short", Code.Aborted);
  expect(boundMessage(short)).toBe(short);
});

test("a message that is long is cut, and keeps its code, metadata, details and cause", () => {
  const cause = new Error("why");
  const long = new ConnectError("x".repeat(5000), Code.Aborted, { a: "b" }, undefined, cause);
  long.details = [{ type: "a", value: new Uint8Array(1) }];
  const bounded = boundMessage(long);
  expect(bounded.rawMessage).toBe(`${"x".repeat(1000)}\u2026`);
  expect(bounded).toMatchObject({ code: Code.Aborted, cause, details: long.details, isWireError: false });
  expect(bounded.metadata.get("a")).toBe("b");
  expect(long.rawMessage).toHaveLength(5000);
});

test("half of a letter is not left at the end", () => {
  const { rawMessage } = boundMessage(new ConnectError(`x${"\u{1f600}".repeat(1000)}`, Code.Aborted));
  expect(rawMessage.isWellFormed()).toBe(true);
});

test("an error of another call is still known as one, whose metadata is not passed on", () => {
  const long = Object.assign(new ConnectError("x".repeat(5000)), { isWireError: true });
  expect(boundMessage(long)).toMatchObject({ isWireError: true });
});
