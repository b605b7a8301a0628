import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { MAX_BUS_MESSAGE_BYTES } from "../../../../server/gate/src/kernel/message-bus.ts";
import { createSeenIds } from "../../../../server/gate/src/kernel/seen-ids.ts";
import { createPeerSeal, MAX_CONTENT_BYTES } from "../../../../server/gate/src/signals/bus/peer-seal.ts";
import { createTestClock } from "../../../support/test-clock.ts";

const never = () => false;

test("a message opens once, for those with the secret, within 30 s, and unchanged", async () => {
  const secret = randomBytes(32);
  const clock = createTestClock();
  const [one, other, stranger] = [secret, secret, randomBytes(32)].map((key) =>
    createPeerSeal({ secret: key, clock }),
  );
  const text = (await one?.seal({ token: "s3cret" })) ?? "";
  expect(text).toMatch(/^[\w-]+$/);
  expect(Buffer.from(text, "base64url").toString()).not.toContain("s3cret");
  expect(await stranger?.open(text, never)).toBeUndefined();
  const changed = text.replace(/^(.{40})(.)/, (_, start, next) => start + (next === "A" ? "B" : "A"));
  for (const foreign of [changed, text.slice(8), "", "ä", "x".repeat(MAX_BUS_MESSAGE_BYTES + 1)]) {
    expect(await other?.open(foreign, never)).toBeUndefined();
  }
  expect(await other?.open(text, never)).toMatchObject({ content: { token: "s3cret" } });
  expect(await other?.open(text, never)).toBeUndefined();
  const late = (await one?.seal("late")) ?? "";
  clock.advance(30_001);
  expect(await other?.open(late, never)).toBeUndefined();
});

test("of more than can be remembered, those are read still that may be repeated", async () => {
  const clock = createTestClock();
  const seen = createSeenIds(60_000);
  for (let id = 0; id < 100_000; id += 1) {
    seen.add(`${id}`, clock.nowMs());
  }
  const seal = createPeerSeal({ secret: randomBytes(32), clock, seen });
  const [renew, revoked] = [(await seal.seal("renew")) ?? "", (await seal.seal("revoked")) ?? ""];
  const isRepeatable = (content: unknown) => content === "revoked";
  expect(await seal.open(renew, isRepeatable)).toBeUndefined();
  expect(await seal.open(revoked, isRepeatable)).toMatchObject({ content: "revoked" });
  expect(await seal.open(revoked, isRepeatable)).toMatchObject({ content: "revoked" });
});

test("the longest content fits into a message of a bus, and a longer one is not sealed", async () => {
  const seal = createPeerSeal({ secret: randomBytes(32), clock: createTestClock() });
  const rest = JSON.stringify({ atMs: createTestClock().nowMs(), content: "" }).length;
  const longest = await seal.seal("x".repeat(MAX_CONTENT_BYTES - rest));
  expect(longest?.length).toBeGreaterThan(MAX_BUS_MESSAGE_BYTES - 8);
  expect(longest?.length).toBeLessThanOrEqual(MAX_BUS_MESSAGE_BYTES);
  expect(await seal.seal("x".repeat(MAX_CONTENT_BYTES - rest + 1))).toBeUndefined();
});
