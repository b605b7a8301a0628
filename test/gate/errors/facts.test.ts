import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import { toConnectError } from "../../../server/gate/src/connect/error-contract.ts";
import { AuthError } from "../../../server/gate/src/errors/auth-error.ts";
import { MAX_FACT_CHARS, toFacts, toFactText } from "../../../server/gate/src/errors/facts.ts";
import { createRefusal } from "../../../server/gate/src/errors/refusal.ts";
import { notEmpty } from "../../support/not-empty.ts";

const JWT = "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.c2lnbmF0dXJl";

describe("the text of a fact", () => {
  test.each(
    notEmpty([
      ["text as it is", "billing", "billing"],
      ["letters of any language", "Zürich 東京", "Zürich 東京"],
      ["an empty text so that it is seen", "", '""'],
      ["numbers", 30.5, "30.5"],
      ["truth values", false, "false"],
      ["a list by its members", ["notes:read", "notes:write"], "[notes:read, notes:write]"],
      ["a list of one text as a list", ["https://idp.example"], "[https://idp.example]"],
      ["an empty list", [], "an empty list"],
      ["what is missing", undefined, "absent"],
      ["null", null, "null"],
      ["an object without its members", { toString: () => "injected" }, "an object"],
      ["lists in lists without their members", [["a"], {}], "[a list, an object]"],
      [
        "controls, which a terminal obeys, by number",
        "a\u001b[31mb\nc\u009bd",
        "a\\u{1b}[31mb\\u{a}c\\u{9b}d",
      ],
      ["what turns text around by number", "a\u202eb\u2028c", "a\\u{202e}b\\u{2028}c"],
      ["half a character by number", "a\ud800b", "a\\u{d800}b"],
      ["no token", `Bearer ${JWT} and more`, "Bearer [token] and more"],
      ["no token in a list", ["a", JWT], "[a, [token]]"],
    ]),
  )("has %s", (_, value, text) => {
    expect(toFactText(value)).toBe(text);
  });

  test.each(
    notEmpty([
      ["a long text", "x".repeat(1_000_000)],
      ["a text that escaping makes longer", "\u0000".repeat(1_000_000)],
      ["a text of whole pairs", "😀".repeat(100_000)],
      ["a long list", Array.from({ length: 100_000 }, (_, at) => `audience-${at}`)],
      ["a list of long texts", Array.from({ length: 40 }, () => "y".repeat(100_000))],
    ]),
  )("is short and well-formed for %s", (_, value) => {
    const text = toFactText(value);
    expect(text.length).toBeLessThanOrEqual(MAX_FACT_CHARS);
    expect(text.isWellFormed()).toBe(true);
    expect(text).toMatch(/…$/);
  });
});

describe("the facts of a refusal", () => {
  const facts = { check: "audience", expected: ["billing"], got: ["account"] } as const;

  test("are written when they are read", () => {
    const refusal = createRefusal("TOKEN_INVALID", "claim aud does not name this server", { facts });
    expect(refusal.facts).toEqual({
      check: "audience",
      expected: "[billing]",
      got: "[account]",
    });
    expect(Object.isFrozen(refusal.facts)).toBe(true);
    expect(new AuthError("POLICY_DENIED", "of a handler").facts).toBeUndefined();
  });

  test("distinguish what is absent from what nobody asked for", () => {
    expect(toFacts({ check: "claim", got: undefined })).toMatchObject({ expected: undefined, got: "absent" });
  });

  test("go neither to the caller nor along when the error is logged", () => {
    const refusal = createRefusal("INSUFFICIENT_SCOPE", "the token lacks a scope", {
      facts: { check: "scopes", expected: "needed-by-method", got: "held-by-caller" },
    });
    const sent = toConnectError(refusal);
    const shown = [
      JSON.stringify(refusal),
      inspect(refusal, { depth: 9 }),
      JSON.stringify(Object.assign({}, refusal)),
      inspect(sent, { depth: 4 }),
      [...sent.metadata].join("\n"),
    ].join("\n");
    expect(shown).not.toMatch(/held-by-caller|needed-by-method/);
  });
});
