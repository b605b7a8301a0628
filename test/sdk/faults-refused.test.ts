import { Code, ConnectError } from "@connectrpc/connect";
import { createRefusal } from "@countersign/sdk/testing";
import { expect, test } from "vitest";
import { createKit, DEMO, LIFETIME_MS, until } from "./kit.ts";

const CONCURRENT_CALLS = 200;

test("row 26: a refusal that a refresh cannot fix costs one refresh and one retry, then no storm", async () => {
  await using kit = await createKit({
    notes: {
      getNote() {
        throw createRefusal("TOKEN_INVALID");
      },
    },
  });
  const { session, notes } = kit.tab();
  await session.signIn(DEMO);
  await expect(notes.getNote({ id: "1" })).rejects.toThrow("TOKEN_INVALID");
  expect(kit.calls()).toBe(2);
  for (let call = 0; call < 20; call += 1) {
    await expect(notes.getNote({ id: "1" })).rejects.toThrow("TOKEN_INVALID");
  }
  expect(kit.calls()).toBe(22);
  expect(kit.server.counts().refreshes).toBe(1);
  expect(session.getSnapshot().status).toBe("signed_in");
});

test("row 27: a late refusal of the previous token makes a retry and no refresh", async () => {
  const gate = Promise.withResolvers<void>();
  let handled = 0;
  await using kit = await createKit({
    notes: {
      async getNote({ id }) {
        handled += 1;
        if (handled > 1) {
          return { id };
        }
        await gate.promise;
        throw createRefusal("TOKEN_EXPIRED");
      },
    },
  });
  const { session, notes } = kit.tab();
  await session.signIn(DEMO);
  const late = notes.getNote({ id: "late" });
  await until(() => handled === 1);
  kit.clock.advance(LIFETIME_MS);
  await session.token();
  expect(kit.server.counts().refreshes).toBe(1);
  gate.resolve();
  expect((await late).id).toBe("late");
  expect(kit.tokensSeen).toEqual(["access-1", "access-2"]);
  expect(kit.server.counts().refreshes).toBe(1);
});

test("row 28: after the keys were replaced, 200 calls in flight make one refresh and succeed", async () => {
  await using kit = await createKit();
  const { session, notes } = kit.tab();
  await session.signIn(DEMO);
  kit.server.distrust();
  const calls = Array.from({ length: CONCURRENT_CALLS }, (_, index) => notes.getNote({ id: `${index}` }));
  await Promise.all(calls);
  expect(kit.server.counts().refreshes).toBe(1);
  expect(kit.tokensSeen.filter((token) => token === "access-2")).toHaveLength(CONCURRENT_CALLS);
});

test.each([
  { name: "with a reason of ours", error: () => createRefusal("INSUFFICIENT_SCOPE") },
  { name: "without one", error: () => new ConnectError("no", Code.PermissionDenied) },
])("PermissionDenied $name never refreshes", async ({ error }) => {
  await using kit = await createKit({
    notes: {
      getNote() {
        throw error();
      },
    },
  });
  const { session, notes } = kit.tab();
  await session.signIn(DEMO);
  await expect(notes.getNote({ id: "1" })).rejects.toMatchObject({ code: Code.PermissionDenied });
  expect(kit.calls()).toBe(1);
  expect(kit.server.counts().refreshes).toBe(0);
});
