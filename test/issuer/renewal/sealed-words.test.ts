import { describe, expect, test } from "vitest";
import { createSealedWords } from "../../../server/issuer/src/renewal/sealed-words.ts";
import { createWallClock } from "../../support/test-clock.ts";

const secret = new Uint8Array(32).fill(7);

function setUp(ofOthers = secret) {
  const clock = createWallClock();
  const here = createSealedWords({ secret, clock });
  const there = createSealedWords({ secret: ofOthers, clock });
  return { clock, here, there };
}

describe("sealed words", () => {
  test("are read by a server of the same secret, and show nothing to anybody else", () => {
    const { here, there } = setUp();
    const content = { subject: "ada", streamIds: ["a".repeat(22)] };
    const { id, word } = here.seal(content, "renewal");
    expect(there.open(word, "renewal")).toEqual({ id, content });
    expect(Buffer.from(word.split(".")[2] ?? "", "base64url").includes("ada")).toBe(false);
  });

  test("differ when the same is said twice", () => {
    const { here } = setUp();
    expect(here.seal("same", "renewal").word).not.toBe(here.seal("same", "renewal").word);
  });

  test("count once: a word that is said again is not read again", () => {
    const { here, there } = setUp();
    const { word } = here.seal("go on", "renewal");
    expect(there.open(word, "renewal")).toBeDefined();
    expect(there.open(word, "renewal")).toBeUndefined();
  });

  for (const [when, ms] of [
    ["too late", 5_001],
    ["from a time to come", -5_001],
  ] as const) {
    test(`are not read ${when}`, () => {
      const { clock, here, there } = setUp();
      const { word } = here.seal("go on", "renewal");
      clock.advance(ms);
      expect(there.open(word, "renewal")).toBeUndefined();
    });
  }

  test("stay remembered for as long as they could be read", () => {
    const { clock, here, there } = setUp();
    clock.advance(4_000);
    const { word } = here.seal("ahead", "renewal");
    clock.advance(-4_000);
    expect(there.open(word, "renewal")).toBeDefined();
    clock.advance(8_999);
    expect(there.open(word, "renewal")).toBeUndefined();
  });

  test("are not read for another purpose, with another secret, or changed in any place", () => {
    const { here, there } = setUp();
    const { word } = here.seal("go on", "question");
    expect(there.open(word, "answer")).toBeUndefined();
    expect(setUp(new Uint8Array(32)).there.open(word, "question")).toBeUndefined();
    for (let at = 0; at < word.length; at += 1) {
      const changed = `${word.slice(0, at)}${word[at] === "A" ? "B" : "A"}${word.slice(at + 1)}`;
      // The last character of base64url may carry bits that mean nothing.
      if (at < word.length - 1) expect(there.open(changed, "question")).toBeUndefined();
    }
    expect(there.open(word, "question")).toBeDefined();
  });

  test("are told from any other noise on the bus", () => {
    const { there } = setUp();
    for (const noise of [
      "",
      ".",
      "x".repeat(7_999),
      `${"a".repeat(22)}.`,
      `${"a".repeat(22)}.s1.`,
      "\u0000.\n",
    ]) {
      expect(there.open(noise, "renewal")).toBeUndefined();
    }
  });
});
