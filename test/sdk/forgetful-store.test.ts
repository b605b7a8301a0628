import { Code, ConnectError } from "@connectrpc/connect";
import { createMemoryStore, type SessionStore } from "@countersign/sdk";
import { expect, test } from "vitest";
import { createKit, DEMO, LIFETIME_MS, pass } from "./kit.ts";

test("a lost answer is asked for again under its name even when the store could not keep that name", async () => {
  const inner = createMemoryStore();
  let isFull = false;
  const store: SessionStore = {
    read: inner.read,
    async compareAndSet(expected, next) {
      if (isFull) {
        throw new Error("quota exceeded");
      }
      return inner.compareAndSet(expected, next);
    },
  };
  await using kit = await createKit({ store });
  const { session } = kit.tab();
  await session.signIn(DEMO);
  kit.clock.advance(LIFETIME_MS);
  isFull = true;
  kit.server.afterRefresh(() => {
    throw new ConnectError("lost", Code.Unavailable);
  });
  await pass(kit.clock, session.token());
  isFull = false;
  kit.server.afterRefresh();
  kit.clock.advance(60_000);
  await pass(kit.clock, session.token());
  expect(session.getSnapshot().status).toBe("signed_in");
  expect(kit.server.counts().rotations).toBe(1);
});
