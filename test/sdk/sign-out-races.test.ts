import { Code, ConnectError } from "@connectrpc/connect";
import { createMemoryStore, isSessionError, resumable, type Session } from "@countersign/sdk";
import { expect, test } from "vitest";
import { startApiServer } from "./api-server.ts";
import { ADMIN, createKit, DEMO, LIFETIME_MS, pass, settle, until } from "./kit.ts";
import { read } from "./open-stream.ts";

test("a refresh in flight at sign-out opens no stream and sends no call", async () => {
  await using kit = await createKit();
  await using api = await startApiServer();
  const { session } = kit.tab({ allowedOrigins: [api.baseUrl] });
  await session.signIn(DEMO);
  kit.clock.advance(LIFETIME_MS);
  const gate = Promise.withResolvers<void>();
  kit.server.onRefresh(() => gate.promise);
  const notes = api.clientOf(session);
  const stream = read(notes.watchNotes({}));
  const call = notes.getNote({ id: "1" }).catch((cause: unknown) => cause);
  await until(() => kit.server.counts().refreshes === 1);
  void session.signOut();
  await until(() => session.getSnapshot().status === "signed_out");
  // At once: the refresh is still under way.
  await until(() => stream.error() !== undefined);
  expect(isSessionError(stream.error(), "SIGNED_OUT")).toBe(true);
  expect(isSessionError(await call, "SIGNED_OUT")).toBe(true);
  gate.resolve();
  await settle();
  expect(api.tokensSeen).toEqual([]);
});

test("a stream that is being opened at sign-out ends, and its server is told", async () => {
  await using kit = await createKit();
  const gate = Promise.withResolvers<void>();
  let open = 0;
  await using api = await startApiServer({
    async *watchNotes(_, { signal }) {
      open += 1;
      signal.addEventListener("abort", () => gate.resolve());
      await gate.promise;
      open -= 1;
    },
  });
  const { session } = kit.tab({ allowedOrigins: [api.baseUrl] });
  await session.signIn(DEMO);
  const stream = read(api.clientOf(session).watchNotes({}));
  await until(() => open === 1);
  await session.signOut();
  await settle();
  expect(isSessionError(stream.error(), "SIGNED_OUT")).toBe(true);
  await until(() => open === 0);
});

test("sign-out closes the requests of client and bidi streams, whether somebody reads the answers or not", async () => {
  await using kit = await createKit();
  await using api = await startApiServer();
  const { session } = kit.tab({ allowedOrigins: [api.baseUrl] });
  await session.signIn(DEMO);
  const notes = api.clientOf(session);
  const closed: string[] = [];
  const requests = (name: string) => ({
    [Symbol.asyncIterator]: () => {
      let isFirst = true;
      return {
        next() {
          const first = isFirst
            ? Promise.resolve({ done: false, value: {} })
            : new Promise<never>(() => undefined);
          isFirst = false;
          return first;
        },
        async return() {
          if (!closed.includes(name)) {
            closed.push(name);
          }
          return { done: true as const, value: undefined };
        },
      };
    },
  });
  const imported = notes.importNotes(requests("import")).catch((cause: unknown) => cause);
  const read1 = read(notes.syncNotes(requests("read")));
  const unread = notes.syncNotes(requests("unread"))[Symbol.asyncIterator]();
  await unread.next();
  await until(() => api.open() === 3);
  await session.signOut();
  await until(() => closed.length === 3);
  expect(isSessionError(await imported, "SIGNED_OUT")).toBe(true);
  expect(isSessionError(read1.error(), "SIGNED_OUT")).toBe(true);
  await expect(unread.next()).rejects.toThrow("signed out");
});

test("resumable does not go on under the next account, whether the stream was open or between two openings", async () => {
  await using kit = await createKit();
  let isDown = false;
  await using api = await startApiServer({
    async *watchNotes(_, { requestHeader, signal }) {
      if (isDown) {
        throw new ConnectError("down", Code.Unavailable);
      }
      yield { sequence: 1n, note: { title: requestHeader.get("authorization") ?? "" } };
      if (requestHeader.has("short")) {
        throw new ConnectError("restarted", Code.Unavailable);
      }
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
    },
  });
  const { session } = kit.tab({ allowedOrigins: [api.baseUrl] });
  await session.signIn(DEMO);
  const notes = api.clientOf(session);
  const titles: string[] = [];
  const follow = (headers: Record<string, string>) =>
    (async () => {
      const events = resumable(notes.watchNotes, {
        request: {},
        resume: () => ({}),
        callOptions: { headers },
        clock: kit.clock,
      });
      for await (const { note } of events) {
        titles.push(note?.title ?? "");
      }
    })().catch((cause: unknown) => cause);
  const ends = [follow({}), follow({ short: "1" })];
  await until(() => titles.length === 2);
  await settle();
  isDown = true;
  await session.signOut();
  isDown = false;
  await session.signIn(ADMIN);
  for (let steps = 0; steps < 20; steps += 1) {
    kit.clock.advance(1_000);
    await settle();
  }
  const ended = Promise.race([Promise.all(ends), settle().then(() => [])]);
  expect((await ended).map((error) => isSessionError(error, "SIGNED_OUT"))).toEqual([true, true]);
  expect(new Set(titles)).toEqual(new Set(["Bearer access-1"]));
});

test("a call that an interceptor outside makes again goes on under its account only", async () => {
  await using kit = await createKit();
  await using api = await startApiServer({
    getNote({ id }, { requestHeader }) {
      if (requestHeader.get("authorization") === "Bearer access-1") {
        throw new ConnectError("down", Code.Unavailable);
      }
      return { id };
    },
  });
  const { session } = kit.tab({ allowedOrigins: [api.baseUrl] });
  await session.signIn(DEMO);
  const retrying: Session["interceptor"] = (next) => async (req) => {
    try {
      return await session.interceptor(next)(req);
    } catch (error) {
      if (ConnectError.from(error).code !== Code.Unavailable) {
        throw error;
      }
      await session.signOut();
      await session.signIn(ADMIN);
      return session.interceptor(next)(req);
    }
  };
  const notes = api.clientOf({ ...session, interceptor: retrying });
  // One interceptor for all tries, as a transport makes it.
  await expect(notes.getNote({ id: "1" })).rejects.toThrow("signed out");
});

test("a call that could not even be sent is made again under its account only", async () => {
  await using kit = await createKit();
  await using api = await startApiServer();
  const { session } = kit.tab({ allowedOrigins: [api.baseUrl] });
  await session.signIn(DEMO);
  kit.clock.advance(LIFETIME_MS);
  kit.server.onRefresh(() => {
    throw new ConnectError("down", Code.Unavailable);
  });
  const errors: unknown[] = [];
  const retrying: Session["interceptor"] = (next) => async (req) => {
    try {
      return await session.interceptor(next)(req);
    } catch (error) {
      errors.push(error);
      await session.signIn(ADMIN);
      return session.interceptor(next)(req);
    }
  };
  const call = api.clientOf({ ...session, interceptor: retrying }).getNote({ id: "1" });
  const result = await pass(kit.clock, call);
  expect(isSessionError(errors[0], "REFRESH_UNAVAILABLE")).toBe(true);
  expect(result.status === "rejected" && isSessionError(result.reason, "SIGNED_OUT")).toBe(true);
  expect(api.tokensSeen).toEqual([]);
});

test("streams end and no call is made as soon as signOut is called, although the store is silent", async () => {
  const store = createMemoryStore();
  let isSilent = false;
  const orNever = <T>(result: Promise<T>): Promise<T> =>
    isSilent ? new Promise<never>(() => undefined) : result;
  await using kit = await createKit();
  await using api = await startApiServer();
  const { session } = kit.tab({
    allowedOrigins: [api.baseUrl],
    store: {
      read: () => orNever(store.read()),
      compareAndSet: (...change) => orNever(store.compareAndSet(...change)),
    },
  });
  await session.signIn(DEMO);
  const notes = api.clientOf(session);
  const stream = read(notes.watchNotes({}));
  await until(() => stream.received() === 1);
  isSilent = true;
  const signOut = session.signOut();
  await settle();
  expect(isSessionError(stream.error(), "SIGNED_OUT")).toBe(true);
  await expect(notes.getNote({ id: "1" })).rejects.toThrow("signed out");
  await expect(session.token()).rejects.toThrow("signed out");
  expect(await pass(kit.clock, signOut)).toEqual({ status: "fulfilled", value: { revoked: true } });
  expect(session.getSnapshot().status).toBe("signed_out");
  isSilent = false;
  await session.signIn(ADMIN);
  await notes.getNote({ id: "2" });
  expect(api.tokensSeen).toEqual(["access-1", "access-2"]);
});
