import { isSessionError } from "@countersign/sdk";
import { expect, test } from "vitest";
import { createKit, DEMO, LIFETIME_MS, until } from "./kit.ts";

test("who waits for a token when the session object is disposed of is told so, not that nobody is signed in", async () => {
  await using kit = await createKit();
  const { session, notes } = kit.tab();
  await session.signIn(DEMO);
  kit.clock.advance(LIFETIME_MS);
  const gate = Promise.withResolvers<void>();
  kit.server.onRefresh(() => gate.promise);
  const waiting = [session.token(), notes.getNote({ id: "1" }), session.refresh()];
  const results = Promise.allSettled(waiting);
  await until(() => kit.server.counts().refreshes === 1);
  session.dispose();
  gate.resolve();
  for (const result of await results) {
    expect(result.status === "rejected" && isSessionError(result.reason, "DISPOSED")).toBe(true);
  }
  expect(kit.calls()).toBe(0);
});

test("who waits for the store when the session object is disposed of is told so", async () => {
  await using kit = await createKit();
  const { session, notes } = kit.tab();
  const results = Promise.allSettled([session.token(), notes.getNote({ id: "1" })]);
  session.dispose();
  for (const result of await results) {
    expect(result.status === "rejected" && isSessionError(result.reason, "DISPOSED")).toBe(true);
  }
});

test("signing out after it was disposed of does not reject, and says that the server was not told", async () => {
  await using kit = await createKit();
  const { session } = kit.tab();
  await session.signIn(DEMO);
  session.dispose();
  const { revoked, error } = await session.signOut();
  expect(revoked).toBe(false);
  expect(isSessionError(error, "DISPOSED")).toBe(true);
});
