import { describe, expect, test } from "vitest";
import { createSealedMessages } from "../../../server/issuer/src/renewal/sealed-messages.ts";
import { createWallClock } from "../../support/test-clock.ts";

const secret = new Uint8Array(32).fill(7);

function setUp(ofOthers = secret) {
  const clock = createWallClock();
  const here = createSealedMessages({ secret, clock });
  const there = createSealedMessages({ secret: ofOthers, clock });
  return { clock, here, there };
}

describe("sealed messages", () => {
  test("are read by a server of the same secret, and show nothing to anybody else", () => {
    const { here, there } = setUp();
    const content = { subject: "ada", streamIds: ["a".repeat(22)] };
    const { id, message } = here.seal(content, "renewal");
    expect(there.open(message, "renewal")).toEqual({ id, content });
    expect(Buffer.from(message.split(".")[2] ?? "", "base64url").includes("ada")).toBe(false);
  });

  test("differ when the same is published twice", () => {
    const { here } = setUp();
    expect(here.seal("same", "renewal").message).not.toBe(here.seal("same", "renewal").message);
  });

  test("count once: a message that is published again is not read again", () => {
    const { here, there } = setUp();
    const { message } = here.seal("go on", "renewal");
    expect(there.open(message, "renewal")).toBeDefined();
    expect(there.open(message, "renewal")).toBeUndefined();
  });

  test("count each time where they may be repeated, within their time, and take no room from others", () => {
    const { clock, here, there } = setUp();
    const { message } = here.seal("revoked", "revocation");
    const read = () => there.openRepeatable(message, "revocation")?.content;
    expect([read(), read()]).toEqual(["revoked", "revoked"]);
    expect(there.open(message, "revocation")).toBeDefined();
    clock.advance(5_001);
    expect(read()).toBeUndefined();
  });

  for (const [when, ms] of [
    ["too late", 5_001],
    ["from a time to come", -5_001],
  ] as const) {
    test(`are not read ${when}`, () => {
      const { clock, here, there } = setUp();
      const { message } = here.seal("go on", "renewal");
      clock.advance(ms);
      expect(there.open(message, "renewal")).toBeUndefined();
    });
  }

  test("stay remembered for as long as they could be read", () => {
    const { clock, here, there } = setUp();
    clock.advance(4_000);
    const { message } = here.seal("ahead", "renewal");
    clock.advance(-4_000);
    expect(there.open(message, "renewal")).toBeDefined();
    clock.advance(8_999);
    expect(there.open(message, "renewal")).toBeUndefined();
  });

  test("are not read for another purpose, with another secret, or changed in any place", () => {
    const { here, there } = setUp();
    const { message } = here.seal("go on", "question");
    expect(there.open(message, "answer")).toBeUndefined();
    expect(setUp(new Uint8Array(32)).there.open(message, "question")).toBeUndefined();
    for (let at = 0; at < message.length; at += 1) {
      const changed = `${message.slice(0, at)}${message[at] === "A" ? "B" : "A"}${message.slice(at + 1)}`;
      // The last character of base64url may carry bits that mean nothing.
      if (at < message.length - 1) {
        expect(there.open(changed, "question")).toBeUndefined();
      }
    }
    expect(there.open(message, "question")).toBeDefined();
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
