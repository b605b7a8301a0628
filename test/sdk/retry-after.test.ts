import { Code, ConnectError } from "@connectrpc/connect";
import { isSessionError, retryAfterMsOf } from "@countersign/sdk";
import { createRefusal } from "@countersign/sdk/testing";
import { expect, test, vi } from "vitest";
import { createKit, DEMO, LIFETIME_MS, pass, until } from "./kit.ts";

test("row 14: a time that the first attempt was told holds in other tabs, too, while the first tab waits", async () => {
  await using kit = await createKit();
  const [first, second] = [kit.tab(), kit.tab()];
  await first.session.signIn(DEMO);
  await second.session.ready;
  kit.clock.advance(LIFETIME_MS);
  kit.server.onRefresh((attempt) => {
    if (attempt === 1) {
      throw createRefusal("RATE_LIMITED", { retryAfterMs: 7_000 });
    }
  });
  const waiting = first.notes.getNote({ id: "1" });
  await until(() => kit.server.counts().refreshes === 1);
  await until(() => kit.clock.pending() > 0);
  kit.clock.advance(3_000);
  const error = await second.notes.getNote({ id: "2" }).catch((cause: unknown) => cause);
  expect(isSessionError(error, "REFRESH_UNAVAILABLE") && error.retryAfterMs).toBe(4_000);
  expect(kit.server.counts().refreshes).toBe(1);
  expect(await pass(kit.clock, waiting)).toMatchObject({ status: "fulfilled" });
  expect(await second.notes.getNote({ id: "3" })).toMatchObject({ id: "3" });
  expect(kit.server.counts().refreshes).toBe(2);
});

test("row 14: a time of hours is waited out", async () => {
  await using kit = await createKit();
  const { session } = kit.tab();
  await session.signIn(DEMO);
  kit.clock.advance(LIFETIME_MS);
  kit.server.onRefresh(() => {
    throw createRefusal("RATE_LIMITED", { retryAfterMs: 7_200_000 });
  });
  const error = await session.token().catch((cause: unknown) => cause);
  expect(isSessionError(error) && error.retryAfterMs).toBe(7_200_000);
  kit.clock.advance(7_000_000);
  await expect(session.token()).rejects.toMatchObject({ reason: "REFRESH_UNAVAILABLE" });
  expect(kit.server.counts().refreshes).toBe(1);
  kit.server.onRefresh();
  kit.clock.advance(200_000);
  await session.token();
});

test("a refresh that others have finished meanwhile is not attempted again", async () => {
  await using kit = await createKit();
  const [first, second] = [kit.tab(), kit.tab()];
  await first.session.signIn(DEMO);
  await second.session.ready;
  kit.clock.advance(LIFETIME_MS);
  kit.server.onRefresh((attempt) => {
    if (attempt === 1) {
      throw new ConnectError("down", Code.Unavailable);
    }
  });
  const waiting = first.session.token();
  await until(() => kit.server.counts().refreshes === 1);
  await until(() => kit.clock.pending() > 0);
  const token = await second.session.token();
  expect(await pass(kit.clock, waiting)).toEqual({ status: "fulfilled", value: token });
  expect(kit.server.counts().refreshes).toBe(2);
});

test("a time to wait may be a date, and is a day at the most", () => {
  vi.useFakeTimers({ now: Date.UTC(2026, 0, 1), toFake: ["Date"] });
  try {
    const waitOf = (header: string) =>
      retryAfterMsOf(new ConnectError("", Code.Unavailable, { "retry-after": header }));
    expect(waitOf("7")).toBe(7_000);
    expect(waitOf("Thu, 01 Jan 2026 00:00:30 GMT")).toBe(30_000);
    expect(waitOf("Thu, 01 Jan 2025 00:00:30 GMT")).toBeUndefined();
    expect(waitOf("soon")).toBeUndefined();
    expect(waitOf("99999999999")).toBe(86_400_000);
  } finally {
    vi.useRealTimers();
  }
});

test("many tabs that cannot talk make six attempts a minute together, however long the server takes to fail", async () => {
  await using kit = await createKit();
  const tabs = [kit.tab()];
  await tabs[0]?.session.signIn(DEMO);
  while (tabs.length < 20) {
    tabs.push(kit.tab());
  }
  await Promise.all(tabs.map(({ session }) => session.ready));
  kit.clock.advance(LIFETIME_MS);
  kit.server.onRefresh(
    () =>
      new Promise((_resolve, reject) => {
        kit.clock.schedule(() => reject(new ConnectError("overloaded", Code.Unavailable)), 8_000);
      }),
  );
  const results = await pass(kit.clock, Promise.allSettled(tabs.map(({ session }) => session.token())));
  expect(results.status === "fulfilled" && results.value.every(({ status }) => status === "rejected")).toBe(
    true,
  );
  expect(kit.server.counts().refreshes).toBeLessThanOrEqual(6);
  for (const { session } of tabs) {
    expect(session.getSnapshot().status).toBe("signed_in");
  }
});
