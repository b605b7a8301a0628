import { createMemoryStore, createSession, type SessionStore } from "@countersign/sdk";
import { createFakeClock } from "@countersign/sdk/testing";
import { expect, test } from "vitest";
import { createSharedEntry } from "../../../sdk/src/core/shared-entry.ts";
import { pass, settle } from "../kit.ts";

const grant = { accessToken: "access-1", lifetimeMs: 600_000, scopes: [] };
const source = {
  repeatable: true,
  refresh: async () => ({ ...grant, accessToken: "access-2" }),
  revoke: async () => undefined,
};

test("a store that leaves one question unanswered does not stop the session", async () => {
  const clock = createFakeClock();
  const inner = createMemoryStore();
  let isSilent = false;
  const store: SessionStore = {
    ...inner,
    read() {
      const isLost = isSilent;
      isSilent = false;
      return isLost ? new Promise(() => undefined) : inner.read();
    },
  };
  const session = createSession({ baseUrl: "https://api.example", source, store, clock });
  await session.begin(async () => grant);
  isSilent = true;
  const ended = await pass(clock, session.signOut());
  expect(ended).toEqual({ status: "fulfilled", value: { revoked: true } });
  expect(session.getSnapshot().status).toBe("signed_out");
  session.dispose();
});

test("a store that fails after it was let go of is not tried again", async () => {
  const clock = createFakeClock();
  const reading = Promise.withResolvers<undefined>();
  const store: SessionStore = { read: () => reading.promise, compareAndSet: async () => true };
  const silent = () => undefined;
  const shared = createSharedEntry({
    store,
    clock,
    holder: { adopt: silent },
    peers: { publish: silent },
  });
  const change = shared.change();
  await settle();
  shared.close();
  reading.reject(new Error("closed"));
  await change;
  expect(clock.pending()).toBe(0);
});
