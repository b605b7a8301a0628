import { Code, ConnectError, createClient, createRouterTransport } from "@connectrpc/connect";
import { NotesService } from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import { isSessionError, type Session } from "@countersign/sdk";
import { expect, test } from "vitest";
import { notEmpty } from "../support/not-empty.ts";
import { startApiServer } from "./api-server.ts";
import { ADMIN, createKit, DEMO, type Kit, settle, until } from "./kit.ts";
import { read, readStream } from "./open-stream.ts";

const ENDINGS: readonly {
  readonly name: string;
  readonly end: (session: Session, kit: Kit) => unknown;
}[] = [
  { name: "signOut", end: (session) => session.signOut() },
  { name: "signIn of another account", end: (session) => session.signIn(ADMIN) },
  { name: "dispose", end: (session) => session.dispose() },
  {
    name: "a refresh that finds the session revoked",
    async end(session, { server }) {
      server.revoke("revoked");
      await session.refresh().catch(() => undefined);
    },
  },
  {
    name: "a refresh token that was stolen",
    async end(session, { server }) {
      server.revoke("reuse_detected");
      await session.refresh().catch(() => undefined);
    },
  },
];

test.each(ENDINGS)("$name ends the session's streams at another origin with SIGNED_OUT", async ({ end }) => {
  await using kit = await createKit();
  await using api = await startApiServer();
  const { session } = kit.tab({ allowedOrigins: [api.baseUrl] });
  await session.signIn(DEMO);
  const streams = await Promise.all(Array.from({ length: 3 }, () => readStream(api, session)));
  await end(session, kit);
  await settle();
  for (const { error } of streams) {
    expect(isSessionError(error(), "SIGNED_OUT")).toBe(true);
    expect(ConnectError.from(error()).code).toBe(Code.Unauthenticated);
  }
  await until(() => api.open() === 0);
});

test.each(notEmpty(ENDINGS.slice(0, 3)))("$name ends streams before it returns", async ({ end, name }) => {
  await using kit = await createKit();
  await using api = await startApiServer();
  const { session } = kit.tab({ allowedOrigins: [api.baseUrl] });
  await session.signIn(DEMO);
  let signal: AbortSignal | undefined;
  const watching: Session["interceptor"] = (next) =>
    session.interceptor((req) => {
      signal = req.signal;
      return next(req);
    });
  const stream = await readStream(api, { ...session, interceptor: watching });
  await end(session, kit);
  expect(isSessionError(signal?.reason, "SIGNED_OUT")).toBe(true);
  // Dispose returns at once: its readers have had no turn yet.
  if (name === "dispose") {
    await settle();
  }
  expect(isSessionError(stream.error(), "SIGNED_OUT")).toBe(true);
});

test("a transport that does not care for signals holds up no end", async () => {
  await using kit = await createKit();
  const { session } = kit.tab();
  await session.signIn(DEMO);
  const never = new Promise<never>(() => undefined);
  const inner = createRouterTransport((router) => router.service(NotesService, {}), {
    transport: {
      baseUrl: kit.baseUrl,
      interceptors: [
        session.interceptor,
        () => async (req) =>
          req.message === undefined || !req.stream || req.header.has("never-answered")
            ? never
            : {
                ...req,
                trailer: new Headers(),
                message: { [Symbol.asyncIterator]: () => ({ next: () => never }) },
              },
      ],
    },
  });
  const notes = createClient(NotesService, inner);
  const answered = read(notes.watchNotes({}));
  const opening = read(notes.watchNotes({}, { headers: { "never-answered": "1" } }));
  await settle();
  await session.signOut();
  await settle();
  expect([answered, opening].map(({ error }) => isSessionError(error(), "SIGNED_OUT"))).toEqual([true, true]);
});

test("a stream whose reader is busy meanwhile gets SIGNED_OUT with its next read, and no message before it", async () => {
  await using kit = await createKit();
  await using api = await startApiServer({
    async *watchNotes() {
      for (let sequence = 1n; sequence < 100n; sequence += 1n) {
        yield { sequence };
      }
    },
  });
  const { session } = kit.tab({ allowedOrigins: [api.baseUrl] });
  await session.signIn(DEMO);
  const messages = api.clientOf(session).watchNotes({})[Symbol.asyncIterator]();
  await messages.next();
  await session.signOut();
  await settle();
  await expect(messages.next()).rejects.toThrow("signed out");
});

test("sign-out in one tab ends the streams of the others", async () => {
  await using kit = await createKit();
  await using api = await startApiServer();
  const listeners = new Set<(event: { readonly type: string }) => void>();
  const peers = {
    exclusively: <T>(run: () => Promise<T>) => run(),
    publish: (message: { readonly type: string }) => {
      for (const listener of listeners) {
        listener(message);
      }
    },
    subscribe(listener: (event: { readonly type: string }) => void) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
  const [a, b] = [kit.tab({ peers }), kit.tab({ peers, allowedOrigins: [api.baseUrl] })];
  await a.session.signIn(DEMO);
  await until(() => b.session.getSnapshot().status === "signed_in");
  const { error } = await readStream(api, b.session);
  await a.session.signOut();
  await until(() => error() !== undefined);
  expect(isSessionError(error(), "SIGNED_OUT")).toBe(true);
});
