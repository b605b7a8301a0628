import { constants, type ServerHttp2Stream } from "node:http2";
import { createClient } from "@connectrpc/connect";
import { NotesService } from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import { createNodeTransport, createSession } from "@countersign/sdk/node";
import { expect, test } from "vitest";
import { createKit, DEMO } from "../../kit.ts";
import { answerOne, callerOf, startPlainServer } from "./plain-server.ts";
import { frame, OK, TYPE } from "./script.ts";

test("a server that takes 5 calls on a connection gets 22 over 5 connections", async () => {
  const held: ServerHttp2Stream[] = [];
  await using server = await startPlainServer({
    maxConcurrentStreams: 5,
    onRequest: (stream) => held.push(stream),
  });
  const { calls } = callerOf(server.port);
  const results = Array.from({ length: 22 }, () => calls.getNote());
  await expect.poll(() => held.length).toBe(22);
  expect(server.sessions).toHaveLength(5);
  for (const stream of held) {
    answerOne(stream);
  }
  await Promise.all(results);
});

test("a request whose answer came before all of it was sent is cut off, so that its stream takes no place", async () => {
  let code: number | undefined;
  await using server = await startPlainServer({
    onRequest(stream) {
      // More than the server takes without reading is on its way.
      stream.pause();
      stream.once("close", () => {
        code = stream.rstCode;
      });
      stream.respond({ ":status": 200, ...TYPE }, { waitForTrailers: true });
      stream.once("wantTrailers", () => stream.sendTrailers(OK));
      stream.end(frame(Buffer.of()));
    },
  });
  await callerOf(server.port).notes.getNote({ id: "x".repeat(300_000) });
  await expect.poll(() => code).toBe(constants.NGHTTP2_CANCEL);
});

test("a server is told that it may begin no streams", async () => {
  await using server = await startPlainServer({ onRequest: answerOne });
  await callerOf(server.port).calls.getNote();
  expect(server.sessions[0]?.remoteSettings.enablePush).toBe(false);
});

test("calls that are made one after the other share a connection", async () => {
  await using server = await startPlainServer({ onRequest: answerOne });
  const { calls } = callerOf(server.port);
  for (const call of [calls.getNote, calls.watchNotes, calls.importNotes, calls.syncNotes]) {
    await call();
  }
  expect(server.sessions).toHaveLength(1);
});

test("beyond 32 connections, calls wait for others to end", async () => {
  const held: ServerHttp2Stream[] = [];
  await using server = await startPlainServer({
    maxConcurrentStreams: 1,
    onRequest: (stream) => held.push(stream),
  });
  const { calls } = callerOf(server.port);
  const results = Array.from({ length: 40 }, () => calls.getNote());
  await expect.poll(() => held.length).toBe(32);
  expect(server.sessions).toHaveLength(32);
  for (let answered = 0; answered < 40; answered += 1) {
    await expect.poll(() => held.length).toBeGreaterThan(answered);
    const stream = held[answered];
    if (stream !== undefined) {
      answerOne(stream);
    }
  }
  await Promise.all(results);
});

test.each(["grpc", "connect", "grpc-web"] as const)(
  "a session signs in at a server that speaks HTTP/2 alone, over the connection of its transport (%s)",
  async (protocol) => {
    await using kit = await createKit({ http2: true });
    const { baseUrl } = kit;
    let connections = 0;
    kit.http.on("connection", () => {
      connections += 1;
    });
    await using session = createSession({ baseUrl });
    const notes = createClient(
      NotesService,
      createNodeTransport({ baseUrl: `${baseUrl}/`, session, protocol }),
    );
    await session.signIn(DEMO);
    await session.refresh();
    expect(await notes.getNote({ id: "mine" })).toMatchObject({ id: "mine" });
    expect((await session.signOut()).revoked).toBe(true);
    expect(connections).toBe(1);
  },
);

test("a transport to another server does not carry the session's own calls", async () => {
  await using kit = await createKit();
  await using other = await startPlainServer({ onRequest: answerOne });
  await using session = createSession({ baseUrl: kit.baseUrl });
  createNodeTransport({ baseUrl: `http://127.0.0.1:${other.port}`, session });
  createNodeTransport({ baseUrl: `${kit.baseUrl}/elsewhere`, session });
  await session.signIn(DEMO);
  expect(other.requests()).toBe(0);
});
