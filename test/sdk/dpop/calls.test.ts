import { createServer, type ServerHttp2Session } from "node:http2";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { createClient, type Interceptor, type Transport } from "@connectrpc/connect";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import { StreamService } from "@countersign/gen/countersign/auth/v1/stream_pb.js";
import { NotesService } from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import { systemClock } from "@countersign/sdk";
import { dpop } from "@countersign/sdk/dpop";
import { createFileStore, createNodeTransport, createSession } from "@countersign/sdk/node";
import { createFakeServer } from "@countersign/sdk/testing";
import { expect, test } from "vitest";
import { createProofVerifier } from "../../../server/gate/src/binding/proof-verifier.ts";
import { notEmpty } from "../../support/not-empty.ts";
import { createTemporaryFolder } from "../../support/temporary-folder.ts";
import { DEMO, until } from "../kit.ts";

/** A fake server whose every proof the real verifier checks, and how many it has found good, by method. */
async function startServer(lifetimeMs: number) {
  const server = createFakeServer({ clock: systemClock, lifetimeMs });
  const proven: Record<string, number> = {};
  const renewed: string[] = [];
  let baseUrl = "";
  let verifier: ReturnType<typeof createProofVerifier> | undefined;
  const check: Interceptor = (next) => async (req) => {
    const accessToken = req.header.get("authorization")?.replace(/^DPoP /, "");
    const { pathname: path } = new URL(req.url, baseUrl);
    const { requestMethod: httpMethod } = req;
    await verifier?.verify({
      proof: req.header.get("dpop"),
      isRepeated: false,
      httpMethod,
      path,
      accessToken,
    });
    proven[req.method.name] = (proven[req.method.name] ?? 0) + 1;
    if (req.service.typeName !== "countersign.auth.v1.SessionService") {
      server.authenticate(req.header);
    }
    return next(req);
  };
  const http = createServer(
    connectNodeAdapter({
      interceptors: [check],
      routes(router) {
        server.routes(router);
        router.service(StreamService, {
          renew({ streamIds }) {
            renewed.push(...streamIds);
            return { streams: streamIds.map((streamId) => ({ streamId })) };
          },
        });
        router.service(NotesService, {
          getNote: ({ id }) => ({ id }),
          async *watchNotes(_request, { signal }) {
            yield { sequence: 1n };
            await new Promise((resolve) => signal.addEventListener("abort", resolve));
          },
          async importNotes(messages) {
            for await (const _ of messages) {
            }
            return {};
          },
          async *syncNotes(messages) {
            for await (const _ of messages) {
              yield { sequence: 1n };
            }
          },
        });
      },
    }),
  );
  const connections = new Set<ServerHttp2Session>();
  http.on("session", (connection) => connections.add(connection));
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  baseUrl = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  verifier = createProofVerifier({
    publicUrls: [baseUrl],
    clock: { nowMs: Date.now, monotonicMs: () => performance.now() },
    windowSeconds: 60,
    maxRemembered: 10_000,
    nonces: undefined,
  });
  return {
    baseUrl,
    proven,
    renewed,
    server,
    async [Symbol.asyncDispose]() {
      for (const connection of connections) {
        connection.destroy();
      }
      await new Promise((resolve) => http.close(resolve));
    },
  };
}

const TRANSPORTS = notEmpty([
  { protocol: "grpc", httpVersion: "2", fastPath: true },
  { protocol: "grpc", httpVersion: "2", fastPath: false },
  { protocol: "grpc-web", httpVersion: "2", fastPath: true },
  { protocol: "connect", httpVersion: "2", fastPath: true },
] as const);

test.each(TRANSPORTS)(
  "calls of all four kinds have a proof that the gate's verifier takes: %o",
  async (options) => {
    await using fixture = await startServer(600_000);
    const { baseUrl, proven } = fixture;
    await using session = createSession({ baseUrl, dpop: dpop() });
    const notes = notesOver(createNodeTransport({ baseUrl, session, ...options }));
    await session.signIn(DEMO);
    expect((await notes.getNote({ id: "1" })).id).toBe("1");
    for await (const { sequence } of notes.watchNotes({})) {
      expect(sequence).toBe(1n);
      break;
    }
    await notes.importNotes(messages());
    for await (const { sequence } of notes.syncNotes(messages())) {
      expect(sequence).toBe(1n);
    }
    expect(await session.signOut()).toEqual({ revoked: true });
    const calls = { GetNote: 1, WatchNotes: 1, ImportNotes: 1, SyncNotes: 1 };
    expect(proven).toEqual({ SignIn: 1, ...calls, SignOut: 1 });
  },
);

test("streams of a session are renewed with one proof for all of them, and go on", async () => {
  await using fixture = await startServer(1_000);
  const { baseUrl, proven, renewed } = fixture;
  await using session = createSession({ baseUrl, dpop: dpop() });
  const notes = notesOver(createNodeTransport({ baseUrl, session }));
  await session.signIn(DEMO);
  const stop = new AbortController();
  const streams = [1, 2].map(() => notes.watchNotes({}, { signal: stop.signal })[Symbol.asyncIterator]());
  await Promise.all(streams.map((stream) => stream.next()));
  const ends = streams.map((stream) => stream.next().catch(() => undefined));
  await until(() => renewed.length >= 2);
  expect(new Set(renewed).size).toBe(2);
  expect(proven).toMatchObject({ WatchNotes: 2, Renew: 1 });
  stop.abort();
  await Promise.all(ends);
});

test("a program that starts again has the key of its file store, which is encrypted", async () => {
  await using folder = await createTemporaryFolder();
  await using fixture = await startServer(600_000);
  const { baseUrl, proven } = fixture;
  const store = () =>
    createFileStore({ directory: join(folder.path, "session"), secret: "0123456789abcdef0123456789abcdef" });
  const start = () => {
    const session = createSession({ baseUrl, store: store(), dpop: dpop() });
    return { session, notes: notesOver(createNodeTransport({ baseUrl, session })) };
  };
  const first = start();
  await first.session.signIn(DEMO);
  first.session.dispose();
  const { session, notes } = start();
  await session.refresh();
  expect((await notes.getNote({ id: "1" })).id).toBe("1");
  expect(proven).toEqual({ SignIn: 1, Refresh: 1, GetNote: 1 });
  session.dispose();
});

function notesOver(transport: Transport) {
  return createClient(NotesService, transport);
}

async function* messages() {
  yield {};
}
