import { Code } from "@connectrpc/connect";
import { BadRequestSchema } from "@countersign/gen/google/rpc/error_details_pb.js";
import { describe, expect, it } from "vitest";
import { assertValid, invalidArgument } from "../../../server/gate/src/connect/invalid-argument.ts";
import {
  parsePageSize,
  parsePageToken,
  textViolations,
  toPageToken,
} from "../../../server/issuer/src/services/input.ts";

describe("invalidArgument", () => {
  it("names every wrong field in a google.rpc.BadRequest", () => {
    const violations = [
      { field: "title", description: "must not be empty" },
      { field: "body", description: "must not be longer than 5 bytes" },
    ];
    const error = invalidArgument(violations);
    expect(error.code).toBe(Code.InvalidArgument);
    expect(error.rawMessage).toBe("title: must not be empty");
    const [detail] = error.findDetails(BadRequestSchema);
    expect(detail?.fieldViolations.map(({ field, description }) => ({ field, description }))).toEqual(
      violations,
    );
  });

  it("is thrown by assertValid only when there is a violation", () => {
    expect(() => assertValid([])).not.toThrow();
    expect(() => assertValid([{ field: "a", description: "is wrong" }])).toThrow("a: is wrong");
  });
});

describe("textViolations", () => {
  const cases = [
    { text: "", limits: { minCharacters: 1 }, wrong: "must not be empty" },
    { text: "a", limits: { minCharacters: 2 }, wrong: "must have at least 2 characters" },
    { text: "😀", limits: { minCharacters: 1, maxCharacters: 1 }, wrong: undefined },
    { text: "😀", limits: { minCharacters: 2 }, wrong: "must have at least 2 characters" },
    { text: "😀😀", limits: { maxCharacters: 1 }, wrong: "must not be longer than 1 characters" },
    { text: "abc", limits: { maxCharacters: 2 }, wrong: "must not be longer than 2 characters" },
    { text: "éé", limits: { maxBytes: 4 }, wrong: undefined },
    { text: "ééé", limits: { maxBytes: 5 }, wrong: "must not be longer than 5 bytes" },
    { text: "a\0b", limits: {}, wrong: "must be Unicode text without U+0000" },
    { text: "a\ud800", limits: {}, wrong: "must be Unicode text without U+0000" },
    { text: "x".repeat(1_000_000), limits: { maxBytes: 10 }, wrong: "must not be longer than 10 bytes" },
  ];
  for (const { text, limits, wrong } of cases) {
    it(`${wrong === undefined ? "accepts" : "refuses"} ${JSON.stringify(text.slice(0, 8))} under ${JSON.stringify(limits)}`, () => {
      expect(textViolations("f", text, limits).map(({ description }) => description)).toEqual(
        wrong === undefined ? [] : [wrong],
      );
    });
  }
});

describe("paging", () => {
  it("fills in, cuts and refuses page sizes", () => {
    expect([0, 7, 200, 2_000_000].map(parsePageSize)).toEqual([50, 7, 200, 200]);
    expect(() => parsePageSize(-1)).toThrow("page_size: must not be negative");
  });

  it("reads back the cursor that it wrote, and nothing else", () => {
    const pattern = /^(\d+)\.(\w+)$/;
    expect(parsePageToken(toPageToken("12.ab"), pattern)?.slice(1)).toEqual(["12", "ab"]);
    expect(parsePageToken("", pattern)).toBeUndefined();
    expect(() => parsePageToken("garbage", pattern)).toThrow("page_token: must be a next_page_token");
  });
});
