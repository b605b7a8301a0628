import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { inspect } from "node:util";
import { Code, ConnectError, createClient, createRouterTransport, type Transport } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { NotesService } from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import { createMemoryStore, createSession, isSessionError, type SessionEvent } from "@countersign/sdk";
import { createRefusal } from "@countersign/sdk/testing";
import { expect, test } from "vitest";
import { ADMIN, createKit, DEMO, LIFETIME_MS, settle, until } from "./kit.ts";

test("row 32: a refresh that another tab's sign-out overtakes is discarded and revoked", async () => {
  await using kit = await createKit();
  const store = createMemoryStore();
  const [a, b] = [kit.tab({ store }), kit.tab({ store })];
  await a.session.signIn(DEMO);
  await b.session.ready;
  await b.session.token();
  const gate = Promise.withResolvers<void>();
  kit.server.afterRefresh(() => gate.promise);
  kit.clock.advance(LIFETIME_MS);
  const pending = b.session.token().catch((error: unknown) => error);
  await until(() => kit.server.counts().rotations === 1);
  const signOut = a.session.signOut();
  await until(() => a.session.getSnapshot().status === "signed_out");
  kit.server.afterRefresh();
  gate.resolve();
  expect(isSessionError(await pending, "SIGNED_OUT")).toBe(true);
  expect((await signOut).revoked).toBe(true);
  expect((await store.read())?.kind).toBe("signed_out");
  expect(b.session.getSnapshot().status).toBe("signed_out");
});

test("row 33: a refusal that arrives after sign-out resurrects nothing", async () => {
  const gate = Promise.withResolvers<void>();
  let handled = 0;
  await using kit = await createKit({
    notes: {
      async getNote() {
        handled += 1;
        await gate.promise;
        throw createRefusal("SESSION_REVOKED");
      },
    },
  });
  const { session, notes } = kit.tab();
  await session.signIn(DEMO);
  const call = notes.getNote({ id: "1" }).catch((error: unknown) => ConnectError.from(error));
  await until(() => handled === 1);
  expect(await session.signOut()).toEqual({ revoked: true });
  gate.resolve();
  expect(await call).toMatchObject({ code: Code.Unauthenticated });
  expect(kit.server.counts().refreshes).toBe(0);
  expect(session.getSnapshot().status).toBe("signed_out");
});

test("sign-out takes effect although the server cannot be reached, and says so", async () => {
  await using kit = await createKit();
  const store = createMemoryStore();
  const inner = createRouterTransport(kit.server.routes);
  const { session, events } = kit.tab({
    store,
    transport: {
      ...inner,
      unary: (method, ...rest) =>
        method.name === "SignOut"
          ? Promise.reject(new ConnectError("offline", Code.Unavailable))
          : inner.unary(method, ...rest),
    },
  });
  await session.signIn(DEMO);
  const result = await session.signOut();
  expect(result.revoked).toBe(false);
  expect(result.error?.code).toBe(Code.Unavailable);
  expect((await store.read())?.kind).toBe("signed_out");
  await settle();
  expect(events.at(-1)).toEqual({ type: "signed_out", reason: "user" });
});

test("signs out at the server with a fresh token when the old one has expired", async () => {
  await using kit = await createKit();
  const { session } = kit.tab();
  await session.signIn(DEMO);
  kit.clock.advance(LIFETIME_MS);
  expect(await session.signOut()).toEqual({ revoked: true });
  expect(kit.server.counts()).toMatchObject({ refreshes: 1, signOuts: 1 });
});

test("row 34: after an account switch no call of the old account uses the new one's token", async () => {
  const gate = Promise.withResolvers<void>();
  let handled = 0;
  await using kit = await createKit({
    notes: {
      async getNote() {
        handled += 1;
        await gate.promise;
        throw createRefusal("TOKEN_EXPIRED");
      },
    },
  });
  const { session, notes } = kit.tab();
  await session.signIn(DEMO);
  const old = notes.getNote({ id: "old" }).catch((error: unknown) => ConnectError.from(error));
  await until(() => handled === 1);
  await session.signIn(ADMIN);
  gate.resolve();
  expect(await old).toMatchObject({ code: Code.Unauthenticated });
  expect(kit.tokensSeen).toEqual(["access-1"]);
  expect(await session.token()).toBe("access-2");
  await until(() => kit.server.counts().signOuts === 1);
});

test("row 35: a handler that throws or makes calls disturbs nothing", async () => {
  await using kit = await createKit();
  const { session, notes } = kit.tab();
  const heard: string[] = [];
  session.on(() => {
    throw new Error("a mistake of the application");
  });
  const handler = async ({ type }: SessionEvent) => {
    heard.push(type);
    await notes.getNote({ id: "from a handler" });
  };
  // People pass async handlers, although nobody waits for them: hence the cast.
  session.on(handler as (event: SessionEvent) => void);
  await session.signIn(DEMO);
  kit.clock.advance(LIFETIME_MS);
  expect(await session.token()).toBe("access-2");
  await until(() => kit.calls() === 2);
  await settle();
  await session.signOut();
  await settle();
  expect(heard).toEqual(["signed_in", "refreshed", "signed_out"]);
});

test("row 36: 1,000 sessions that are created and disposed of leave no timer and no listener", async () => {
  await using kit = await createKit();
  let peers = 0;
  for (let count = 0; count < 1_000; count += 1) {
    const { session } = kit.tab({
      peers: {
        exclusively: (run) => run(),
        publish: () => undefined,
        subscribe() {
          peers += 1;
          return () => {
            peers -= 1;
          };
        },
      },
    });
    session.subscribe(() => undefined);
    session.dispose();
    session.dispose();
    await expect(session.token()).rejects.toThrow("disposed");
  }
  expect({ peers, timers: kit.clock.pending() }).toEqual({ peers: 0, timers: 0 });
});

test.each([
  { name: "another origin", baseUrl: "http://localhost:1" },
  { name: "another port", baseUrl: "http://127.0.0.1:1" },
  { name: "a name that only begins alike", baseUrl: "http://127.0.0.1.example.com" },
])("row 37: no token goes to $name", async ({ baseUrl }) => {
  await using kit = await createKit();
  const { session } = kit.tab();
  await session.signIn(DEMO);
  const transport = createConnectTransport({
    baseUrl,
    httpVersion: "1.1",
    interceptors: [session.interceptor],
  });
  const call = createClient(NotesService, transport).getNote({ id: "1" });
  const error = await call.catch((cause: unknown) => cause);
  expect(isSessionError(error, "ORIGIN_NOT_ALLOWED")).toBe(true);
  expect(ConnectError.from(error).message).toContain("origin not allowed");
});

test("row 37: over plain http to another machine neither a token nor a password is sent", async () => {
  await using kit = await createKit();
  let sent = 0;
  const transport = createRouterTransport(kit.server.routes);
  const unary: Transport["unary"] = (...call) => {
    sent += 1;
    return transport.unary(...call);
  };
  const baseUrl = "http://server.example";
  const insecure = createSession({ baseUrl, transport: { ...transport, unary } });
  await expect(insecure.signIn(DEMO)).rejects.toThrow("origin not allowed");
  const grant = { accessToken: "access", refreshToken: "refresh", lifetimeMs: LIFETIME_MS, scopes: [] };
  await expect(insecure.begin(async () => grant)).rejects.toThrow("origin not allowed");
  expect(sent).toBe(0);
  const allowed = createSession({ baseUrl, transport, allowInsecure: [baseUrl] });
  await allowed.signIn(DEMO);
  expect(await allowed.token()).toBe("access-1");
});

test("row 37: a redirect is not followed, and its target sees no token", async () => {
  let followed = 0;
  const target = createServer((_req, res) => {
    followed += 1;
    res.end();
  });
  await new Promise<void>((resolve) => target.listen(0, "127.0.0.1", resolve));
  await using kit = await createKit();
  const { session, notes } = kit.tab();
  await session.signIn(DEMO);
  const location = `http://127.0.0.1:${(target.address() as AddressInfo).port}/`;
  kit.http.removeAllListeners("request").on("request", (_req, res) => res.writeHead(307, { location }).end());
  await expect(notes.getNote({ id: "1" })).rejects.toThrow();
  expect(followed).toBe(0);
  await new Promise((resolve) => target.close(resolve));
});

test("neither inspect nor JSON shows a token of a session, an entry or an error", async () => {
  await using kit = await createKit();
  const store = createMemoryStore();
  const { session, notes } = kit.tab({ store });
  await session.signIn(DEMO);
  kit.server.revoke("revoked");
  const error = await notes.getNote({ id: "1" }).catch((cause: unknown) => cause);
  await session.signIn(DEMO);
  const entry = await store.read();
  expect(entry?.kind).toBe("signed_in");
  for (const value of [session, entry, error, session.getSnapshot()]) {
    const shown = `${inspect(value, { depth: 10, showHidden: true })} ${JSON.stringify(value)} ${String(value)}`;
    expect(shown).not.toMatch(/(access|refresh)-\d/);
  }
});

test("rejects a baseUrl that is not an absolute http or https URL", async () => {
  await using kit = await createKit();
  for (const baseUrl of ["", "/api", "ftp://server.example", "server.example"]) {
    const error = new TypeError(`baseUrl: "${baseUrl}" is no http or https URL`);
    expect(() => kit.tab({ baseUrl })).toThrow(error);
  }
});
