import { fromSession, isSessionError, resumable, type Session } from "@countersign/sdk";
import { createRefusal } from "@countersign/sdk/testing";
import { expect, test } from "vitest";
import { follow, startApiServer } from "./api-server.ts";
import { ADMIN, createKit, DEMO, LIFETIME_MS, settle, until } from "./kit.ts";
import { isSignedOut, openStream } from "./open-stream.ts";

test("calls go out under the account of the first session, and fail with its sign-out", async () => {
  await using kit = await createKit();
  await using api = await startApiServer();
  const { session: account } = kit.tab();
  const second = follow(account, api);
  const notes = api.clientOf(second);
  await expect(notes.getNote({ id: "1" })).rejects.toThrow("signed out");
  await account.signIn(DEMO);
  await notes.getNote({ id: "1" });
  await account.signIn(ADMIN);
  await notes.getNote({ id: "2" });
  await account.signOut();
  const error = await notes.getNote({ id: "3" }).catch((cause: unknown) => cause);
  expect(isSessionError(error, "SIGNED_OUT")).toBe(true);
  expect(api.tokensSeen).toEqual(["access-1", "access-2"]);
});

test("a call that is made while the first session signs out or in never goes out under the account before", async () => {
  await using kit = await createKit();
  await using api = await startApiServer();
  const { session: account } = kit.tab();
  const notes = api.clientOf(follow(account, api));
  for (let times = 0; times < 5; times += 1) {
    await account.signIn(DEMO);
    const first = await account.token();
    await notes.getNote({ id: "1" });
    await account.signOut();
    const early = notes.getNote({ id: "2" }).catch((cause: unknown) => cause);
    await account.signIn(ADMIN);
    await notes.getNote({ id: "3" });
    expect(isSessionError(await early, "SIGNED_OUT")).toBe(true);
    expect(api.tokensSeen.slice(-2)).toEqual([first, await account.token()]);
  }
});

test.each([
  { name: "signs out", end: (account: Session) => account.signOut() },
  { name: "changes its account", end: (account: Session) => account.signIn(ADMIN) },
  { name: "is disposed of", end: async (account: Session) => account.dispose() },
])("streams of all followers end when the first session $name", async ({ end }) => {
  await using kit = await createKit();
  await using api = await startApiServer();
  await using other = await startApiServer();
  const { session: account } = kit.tab();
  await account.signIn(DEMO);
  const second = follow(account, api);
  const third = follow(second, other);
  const ends = [await openStream(api, second), await openStream(other, third)];
  await end(account);
  expect(await Promise.all(ends.map(isSignedOut))).toEqual([true, true]);
  await until(() => api.open() + other.open() === 0);
});

test("a call that waits for the first session's refresh is sent under its account, or not at all", async () => {
  await using kit = await createKit();
  await using api = await startApiServer();
  const { session: account } = kit.tab();
  await account.signIn(DEMO);
  const notes = api.clientOf(follow(account, api));
  kit.clock.advance(LIFETIME_MS);
  let gate = Promise.withResolvers<void>();
  kit.server.onRefresh(() => gate.promise);
  const waiting = [notes.getNote({ id: "1" }), openStream(api, follow(account, api))];
  const results = Promise.allSettled(waiting);
  await until(() => kit.server.counts().refreshes === 1);
  await account.signIn(ADMIN);
  for (const result of await results) {
    expect(result.status === "rejected" && isSessionError(result.reason, "SIGNED_OUT")).toBe(true);
  }
  gate.resolve();
  await settle();
  expect(api.tokensSeen).toEqual([]);
  kit.clock.advance(LIFETIME_MS);
  gate = Promise.withResolvers<void>();
  const late = notes.getNote({ id: "2" });
  await until(() => kit.server.counts().refreshes === 2);
  gate.resolve();
  await late;
  expect(api.tokensSeen).toEqual([await account.token()]);
});

test("one refresh serves the first session and its followers, and a refused call of a follower asks for one", async () => {
  await using kit = await createKit();
  await using api = await startApiServer({
    getNote({ id }, { requestHeader }) {
      kit.server.authenticate(requestHeader);
      return { id };
    },
  });
  const { session: account, notes } = kit.tab();
  await account.signIn(DEMO);
  const [second, third] = [follow(account, api), follow(account, api)];
  kit.clock.advance(LIFETIME_MS);
  await Promise.all([
    notes.getNote({ id: "1" }),
    api.clientOf(second).getNote({ id: "2" }),
    api.clientOf(third).getNote({ id: "3" }),
  ]);
  expect(kit.server.counts().refreshes).toBe(1);
  kit.server.distrust();
  await api.clientOf(second).getNote({ id: "4" });
  await notes.getNote({ id: "5" });
  expect(kit.server.counts().refreshes).toBe(2);
  expect([await second.token(), await third.token()]).toEqual(["access-3", "access-3"]);
});

test("a refused call of a follower is not sent again under the next account", async () => {
  await using kit = await createKit();
  const gate = Promise.withResolvers<void>();
  const handled: (string | null)[] = [];
  await using api = await startApiServer({
    async getNote(_, { requestHeader }) {
      handled.push(requestHeader.get("authorization"));
      await gate.promise;
      throw createRefusal("TOKEN_EXPIRED");
    },
  });
  const { session: account } = kit.tab();
  await account.signIn(DEMO);
  const call = api.clientOf(follow(account, api)).getNote({ id: "1" });
  call.catch(() => undefined);
  await until(() => handled.length === 1);
  await account.signOut();
  await account.signIn(ADMIN);
  gate.resolve();
  await expect(call).rejects.toThrow("signed out");
  expect(handled).toEqual(["Bearer access-1"]);
});

test("resumable over a follower does not go on under the next account", async () => {
  await using kit = await createKit();
  let isDown = false;
  await using api = await startApiServer({
    async *watchNotes() {
      if (!isDown) {
        yield { sequence: 1n };
      }
      throw createRefusal("AUTH_UNAVAILABLE");
    },
  });
  const { session: account } = kit.tab();
  await account.signIn(DEMO);
  const { watchNotes } = api.clientOf(follow(account, api));
  const events = resumable(watchNotes, { request: {}, resume: () => ({}), clock: kit.clock });
  await events.next();
  const next = events.next().catch((error: unknown) => error);
  await settle();
  await account.signIn(ADMIN);
  isDown = true;
  for (let steps = 0; steps < 20; steps += 1) {
    kit.clock.advance(1_000);
    await settle();
  }
  expect(await isSignedOut({ ended: next })).toBe(true);
});

/** A server whose streams end with their token, and an account with a follower that renews them there. */
async function createRenewal() {
  await using stack = new AsyncDisposableStack();
  const kit = stack.use(await createKit());
  const renewals: string[] = [];
  const api = stack.use(
    await startApiServer({
      async *watchNotes(_, { responseHeader, signal }) {
        responseHeader.set("countersign-expires-in", "600");
        yield { sequence: 1n };
        await new Promise((resolve) => signal.addEventListener("abort", resolve));
      },
    }),
  );
  const { session: account } = kit.tab();
  await account.signIn(DEMO);
  const follower = fromSession(account).follow({
    baseUrl: api.baseUrl,
    server: {
      repeatable: true,
      refresh: () => Promise.reject(new Error("never asked")),
      revoke: () => Promise.reject(new Error("never asked")),
      async renewStreams({ streamIds, accessToken }) {
        renewals.push(accessToken);
        return streamIds;
      },
    },
  });
  async function passLife(): Promise<void> {
    for (let minutes = 0; minutes < 9; minutes += 1) {
      kit.clock.advance(60_000);
      await settle();
    }
  }
  const kept = stack.move();
  return {
    ...{ clock: kit.clock, api, account, follower, renewals, passLife },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

test("streams of a follower are renewed at its own server with the first session's next token, until they end", async () => {
  await using renewal = await createRenewal();
  const { api, account, follower, renewals, passLife } = renewal;
  const stream = await openStream(api, follower);
  await passLife();
  expect(renewals).toEqual(["access-2"]);
  await account.signIn(ADMIN);
  expect(await isSignedOut(stream)).toBe(true);
  await passLife();
  await passLife();
  expect(renewals).toEqual(["access-2"]);
});

test("a follower that is disposed of with a stream open renews nothing more, and waits for nothing", async () => {
  await using renewal = await createRenewal();
  const { clock, api, account, follower, renewals, passLife } = renewal;
  const unwatch = account.subscribe(() => undefined);
  const before = clock.pending();
  const stream = await openStream(api, follower);
  await passLife();
  expect(renewals).toEqual(["access-2"]);
  expect(clock.pending()).toBe(before + 1);
  follower.dispose();
  expect(clock.pending()).toBe(before);
  expect(await isSignedOut(stream)).toBe(true);
  await passLife();
  await passLife();
  expect(renewals).toEqual(["access-2"]);
  unwatch();
});
