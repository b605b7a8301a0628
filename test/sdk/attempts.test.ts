import { Code, ConnectError } from "@connectrpc/connect";
import type { Clock } from "@countersign/sdk";
import { expect, test } from "vitest";
import { createKit, DEMO, LIFETIME_MS, pass, settle, until } from "./kit.ts";

test("a tab whose next attempt has no room left in the minute's budget gives up at once", async () => {
  await using kit = await createKit();
  const [first, ...others] = Array.from({ length: 6 }, () => kit.tab());
  await first?.session.signIn(DEMO);
  for (const { session } of others) {
    await session.ready;
  }
  kit.clock.advance(LIFETIME_MS);
  kit.server.onRefresh((attempt) => {
    if (attempt === 1) {
      throw new ConnectError("down", Code.Unavailable);
    }
    return new Promise(() => undefined);
  });
  let waitedMs: number | undefined;
  const beganMs = kit.clock.nowMs();
  const refused = first?.session.token().catch((error: unknown) => {
    waitedMs = kit.clock.nowMs() - beganMs;
    return error;
  });
  await settle();
  for (const { session } of others) {
    session.token().catch(() => undefined);
  }
  await until(() => kit.server.counts().refreshes === 6);
  const error = await pass(kit.clock, Promise.resolve(refused));
  expect(error).toMatchObject({ value: { reason: "REFRESH_UNAVAILABLE" } });
  expect(waitedMs).toBeLessThan(1_000);
  expect(kit.server.counts().refreshes).toBe(6);
});

test("an attempt that a throttled timer delayed beyond the refresh's time is made in earnest", async () => {
  await using kit = await createKit();
  const clock: Clock = {
    nowMs: () => kit.clock.nowMs(),
    monotonicMs: () => kit.clock.monotonicMs(),
    schedule: (run, delayMs) => kit.clock.schedule(run, delayMs > 0 && delayMs < 1_000 ? 60_000 : delayMs),
  };
  const { session } = kit.tab({ clock });
  await session.signIn(DEMO);
  kit.clock.advance(LIFETIME_MS);
  kit.server.onRefresh(async (attempt) => {
    if (attempt === 1) {
      throw new ConnectError("down", Code.Unavailable);
    }
    await new Promise<void>((resolve) => kit.clock.schedule(resolve, 1_000));
  });
  const token = await pass(kit.clock, session.token());
  expect(token).toEqual({ status: "fulfilled", value: "access-2" });
  expect(kit.server.counts().refreshes).toBe(2);
});
