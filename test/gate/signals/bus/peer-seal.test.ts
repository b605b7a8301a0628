import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { MAX_BUS_MESSAGE_BYTES } from "../../../../server/gate/src/kernel/message-bus.ts";
import { createPeerSeal, MAX_CONTENT_BYTES } from "../../../../server/gate/src/signals/bus/peer-seal.ts";
import { createTestClock } from "../../../support/test-clock.ts";

test("a message opens once, for those with the secret, within 30 s, and unchanged", async () => {
  const secret = randomBytes(32);
  const clock = createTestClock();
  const [one, other, stranger] = [secret, secret, randomBytes(32)].map((key) =>
    createPeerSeal({ secret: key, clock }),
  );
  const text = (await one?.seal({ token: "s3cret" })) ?? "";
  expect(text).toMatch(/^[\w-]+$/);
  expect(Buffer.from(text, "base64url").toString()).not.toContain("s3cret");
  expect(await stranger?.open(text)).toBeUndefined();
  const changed = text.replace(/^(.{40})(.)/, (_, start, next) => start + (next === "A" ? "B" : "A"));
  for (const foreign of [changed, text.slice(8), "", "ä", "x".repeat(MAX_BUS_MESSAGE_BYTES + 1)]) {
    expect(await other?.open(foreign)).toBeUndefined();
  }
  expect(await other?.open(text)).toMatchObject({ content: { token: "s3cret" } });
  expect(await other?.open(text)).toBeUndefined();
  const late = (await one?.seal("late")) ?? "";
  clock.advance(30_001);
  expect(await other?.open(late)).toBeUndefined();
});

test("the longest content fits into a message of a bus, and a longer one is not sealed", async () => {
  const seal = createPeerSeal({ secret: randomBytes(32), clock: createTestClock() });
  const rest = JSON.stringify({ atMs: createTestClock().nowMs(), content: "" }).length;
  const longest = await seal.seal("x".repeat(MAX_CONTENT_BYTES - rest));
  expect(longest?.length).toBeGreaterThan(MAX_BUS_MESSAGE_BYTES - 8);
  expect(longest?.length).toBeLessThanOrEqual(MAX_BUS_MESSAGE_BYTES);
  expect(await seal.seal("x".repeat(MAX_CONTENT_BYTES - rest + 1))).toBeUndefined();
});
