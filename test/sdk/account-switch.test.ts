import { Code, ConnectError } from "@connectrpc/connect";
import { createSession, type TokenSource } from "@countersign/sdk";
import { createFakeClock } from "@countersign/sdk/testing";
import { expect, test } from "vitest";
import { ADMIN, createKit, DEMO, LIFETIME_MS, settle, until } from "./kit.ts";

test("a call that waits for its account's token is not sent with that of the next account", async () => {
  await using kit = await createKit();
  const { session, notes } = kit.tab();
  await session.signIn(DEMO);
  kit.clock.advance(LIFETIME_MS);
  const gate = Promise.withResolvers<void>();
  kit.server.onRefresh(() => gate.promise);
  const call = notes.getNote({ id: "old" });
  call.catch(() => undefined);
  await until(() => kit.server.counts().refreshes === 1);
  await session.signIn(ADMIN);
  gate.resolve();
  await expect(call).rejects.toThrow("signed out");
  expect(kit.tokensSeen).toEqual([]);
  await notes.getNote({ id: "new" });
  expect(kit.calls()).toBe(1);
});

test("a session that is disposed of while it refreshes hands out no token any more", async () => {
  await using kit = await createKit();
  const { session, notes } = kit.tab();
  await session.signIn(DEMO);
  kit.clock.advance(LIFETIME_MS);
  const gate = Promise.withResolvers<void>();
  kit.server.onRefresh(() => gate.promise);
  session.token().catch(() => undefined);
  await until(() => kit.server.counts().refreshes === 1);
  session.dispose();
  gate.resolve();
  await until(() => kit.server.counts().rotations === 1);
  await settle();
  await expect(notes.getNote({ id: "late" })).rejects.toThrow("disposed");
  expect(kit.calls()).toBe(0);
});

test("a session whose refresh token was in a cookie that the next one replaced is not refreshed to be ended", async () => {
  const clock = createFakeClock();
  const asked: string[] = [];
  let sessions = 0;
  const source: TokenSource = {
    repeatable: true,
    async signIn() {
      sessions += 1;
      const sessionId = `session-${sessions}`;
      return { accessToken: `access-${sessions}`, lifetimeMs: LIFETIME_MS, scopes: [], sessionId };
    },
    async refresh() {
      asked.push("refresh");
      throw new Error("it would use up the token of the next session");
    },
    async revoke(accessToken) {
      asked.push(`revoke ${accessToken}`);
      throw new ConnectError("expired", Code.Unauthenticated);
    },
  };
  const session = createSession({ baseUrl: "https://api.example", source, clock });
  await session.signIn(DEMO);
  await session.signIn(ADMIN);
  await settle();
  expect(asked).toEqual(["revoke access-1"]);
  session.dispose();
});

test("tokens that are handed in for the session that is there already take the place of its own", async () => {
  let tokens = 0;
  const next = async () => {
    tokens += 1;
    return { accessToken: `access-${tokens}`, lifetimeMs: LIFETIME_MS, scopes: [], sessionId: "session-1" };
  };
  const source: TokenSource = { repeatable: true, refresh: next, revoke: async () => undefined };
  const session = createSession({ baseUrl: "https://api.example", source, clock: createFakeClock() });
  await session.begin(next);
  await session.refresh();
  await session.begin(next);
  expect(await session.token()).toBe("access-3");
  expect(session.getSnapshot().generation).toBe(3);
  session.dispose();
});
