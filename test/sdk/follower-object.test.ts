import { ConnectError, createClient } from "@connectrpc/connect";
import { NotesService } from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import { createSession, fromSession, isSessionError, type Session } from "@countersign/sdk";
import { createSession as createNodeSession, createNodeTransport } from "@countersign/sdk/node";
import { expect, test } from "vitest";
import { CORES } from "../../sdk/src/core/session-core.ts";
import { follow, startApiServer } from "./api-server.ts";
import { ADMIN, createKit, DEMO, LIFETIME_MS, pass, settle, until } from "./kit.ts";
import { isSignedOut, openStream } from "./open-stream.ts";

test("a follower shows the state and the events of the first session, and keeps its token fresh while watched", async () => {
  await using kit = await createKit();
  await using api = await startApiServer();
  const { session: account } = kit.tab();
  const second = follow(account, api);
  expect(second.getSnapshot().status).toBe("loading");
  await second.ready;
  expect(second.getSnapshot().status).toBe("signed_out");
  const heard: string[] = [];
  let changes = 0;
  second.on(({ type }) => heard.push(type));
  const unsubscribe = second.subscribe(() => {
    changes += 1;
  });
  await account.signIn(DEMO);
  expect(second.getSnapshot()).toBe(account.getSnapshot());
  for (let minutes = 0; minutes < 10; minutes += 1) {
    kit.clock.advance(60_000);
    await settle();
  }
  kit.server.onRefresh(() => {
    throw new ConnectError("down");
  });
  unsubscribe();
  kit.clock.advance(LIFETIME_MS / 2);
  expect((await pass(kit.clock, second.refresh())).status).toBe("rejected");
  const told = changes;
  await account.signOut();
  await settle();
  expect(heard).toEqual(["signed_in", "refreshed", "degraded", "signed_out"]);
  expect(changes).toBe(told);
});

test("disposing of a follower ends its streams and calls, and nothing of the first session", async () => {
  await using kit = await createKit();
  await using api = await startApiServer();
  const { session: account, notes } = kit.tab({ allowedOrigins: [api.baseUrl] });
  await account.signIn(DEMO);
  const second = follow(account, api);
  const third = follow(second, api);
  const heard: string[] = [];
  second.on(({ type }) => heard.push(type));
  second.subscribe(() => heard.push("changed"));
  const ends = [await openStream(api, second), await openStream(api, third)];
  const kept = await openStream(api, account);
  kit.clock.advance(LIFETIME_MS);
  const gate = Promise.withResolvers<void>();
  kit.server.onRefresh(() => gate.promise);
  const waiting = api.clientOf(second).getNote({ id: "1" });
  waiting.catch(() => undefined);
  await until(() => kit.server.counts().refreshes === 1);
  second.dispose();
  second.dispose();
  const told = heard.length;
  expect(await Promise.all(ends.map(isSignedOut))).toEqual([true, true]);
  await expect(waiting).rejects.toThrow("disposed");
  gate.resolve();
  await notes.getNote({ id: "1" });
  await account.signOut();
  await settle();
  expect(heard.length).toBe(told);
  expect(await isSignedOut(kept)).toBe(true);
  for (const session of [second, third]) {
    await expect(api.clientOf(session).getNote({ id: "2" })).rejects.toThrow("disposed");
    await expect(session.token()).rejects.toThrow("disposed");
    await expect(session.refresh()).rejects.toThrow("disposed");
  }
});

test("a follower of a session that was disposed of says so", async () => {
  await using kit = await createKit();
  await using api = await startApiServer();
  const { session: account } = kit.tab();
  const source = fromSession(account);
  account.dispose();
  const second = createSession({ baseUrl: api.baseUrl, source });
  await expect(second.token()).rejects.toThrow("disposed");
});

test("1,000 followers that are created and disposed of leave nothing behind at the first session", async () => {
  await using kit = await createKit();
  const { session: account } = kit.tab();
  await account.signIn(DEMO);
  const looks = CORES.get(account.interceptor)?.looks;
  let changes = 0;
  for (let count = 0; count < 1_000; count += 1) {
    await using second = createSession({ baseUrl: "https://api.example", source: fromSession(account) });
    second.subscribe(() => {
      changes += 1;
    });
  }
  // Those of the first session.
  expect(looks?.size).toBe(1);
  expect(kit.clock.pending()).toBeLessThanOrEqual(1);
  await account.signOut();
  await settle();
  expect(changes).toBe(0);
});

test("signing in and out is the first session's, and a follower says so", async () => {
  await using kit = await createKit();
  await using api = await startApiServer();
  const { session: account } = kit.tab();
  await account.signIn(DEMO);
  const second = follow(account, api);
  const error = new TypeError("this session follows another one: sign in and out there");
  await expect(second.signIn(DEMO)).rejects.toThrow(error);
  await expect(second.begin(() => Promise.reject(new Error("never asked")))).rejects.toThrow(error);
  await expect(second.signOut()).rejects.toThrow(error);
  expect(account.getSnapshot().status).toBe("signed_in");
});

test("a follower's calls go to its own origins only", async () => {
  await using kit = await createKit();
  await using api = await startApiServer();
  const { session: account } = kit.tab();
  await account.signIn(DEMO);
  const second = follow(account, api);
  await using other = await startApiServer();
  const error = await other
    .clientOf(second)
    .getNote({ id: "1" })
    .catch((cause: unknown) => cause);
  expect(isSessionError(error, "ORIGIN_NOT_ALLOWED")).toBe(true);
  await other.clientOf(follow(account, api, { allowedOrigins: [other.baseUrl] })).getNote({ id: "1" });
  expect(() => createSession({ baseUrl: "/api", source: fromSession(account) })).toThrow(TypeError);
});

test("a copy of a session can be followed, and what is no session can't", async () => {
  await using kit = await createKit();
  await using api = await startApiServer();
  const { session: account } = kit.tab();
  await account.signIn(DEMO);
  await api.clientOf(follow({ ...account, signOut: account.signOut }, api)).getNote({ id: "1" });
  const foreign: Session = { ...account, interceptor: (next) => next };
  expect(() => fromSession(foreign)).toThrow(
    new TypeError("fromSession needs a session that createSession has made"),
  );
});

test("tabs: the follower in another tab follows what this one does", async () => {
  await using kit = await createKit();
  await using api = await startApiServer();
  const [a, b] = [kit.tab(), kit.tab()];
  await a.session.signIn(DEMO);
  const second = follow(b.session, api);
  const stream = await openStream(api, second);
  await a.session.signOut();
  await a.session.signIn(ADMIN);
  // The other tab hears of it by its store: with the next refusal, at the latest.
  kit.clock.advance(LIFETIME_MS);
  await second.token().catch(() => undefined);
  expect(await isSignedOut(stream)).toBe(true);
  expect(second.getSnapshot().sessionId).toBe(a.session.getSnapshot().sessionId);
});

test("in Node, with its own transports", async () => {
  await using kit = await createKit();
  await using api = await startApiServer();
  await using account = createNodeSession({ baseUrl: kit.baseUrl });
  await account.signIn(DEMO);
  await using billing = createNodeSession({ baseUrl: api.baseUrl, source: fromSession(account) });
  const notes = createClient(NotesService, createNodeTransport({ baseUrl: api.baseUrl, session: billing }));
  await notes.getNote({ id: "1" });
  const messages = notes.watchNotes({})[Symbol.asyncIterator]();
  await messages.next();
  const ended = messages.next().catch((error: unknown) => error);
  await account.signOut();
  expect(isSessionError(await ended, "SIGNED_OUT")).toBe(true);
  await expect(notes.getNote({ id: "2" })).rejects.toThrow("signed out");
  expect(api.tokensSeen).toEqual(["access-1", "access-1"]);
});
