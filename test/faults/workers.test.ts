import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { type ClientHttp2Session, connect } from "node:http2";
import { Code, ConnectError } from "@connectrpc/connect";
import { SessionService, type TokenSet } from "@countersign/gen/countersign/auth/v1/session_pb.js";
import { StreamService } from "@countersign/gen/countersign/auth/v1/stream_pb.js";
import { NotesService } from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import { afterAll, beforeAll, expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { startNotesWorkers } from "../support/notes-workers.ts";
import { clientOf, signIn } from "../support/rpc.ts";
import { runCountersign, type ServerProcess, startServer } from "../support/server-process.ts";
import { createTemporaryFolder } from "../support/temporary-folder.ts";

const WORKERS = 3;

const AUDIENCE = ["--audience", "notes"];

let server: ServerProcess;

beforeAll(async () => {
  server = await startNotesWorkers(WORKERS);
});

afterAll(async () => {
  await server?.[Symbol.asyncDispose]();
});

/** Every client has a connection of its own, and connections go to the workers in turn. */
function notesOf(token: string) {
  return clientOf(NotesService, { baseUrl: server.baseUrl, protocol: "grpc", token });
}

function pids(): readonly number[] {
  const started = server.program.output().stderr.matchAll(/"pid":(\d+),"msg":"a worker starts"/g);
  return [...started].map(([, pid]) => Number(pid));
}

async function askAdmin(path: string): Promise<{ readonly status: number; readonly text: string }> {
  const [, origin] = await server.program.untilPrinted(/admin (http:\S+)\)/);
  const response = await fetch(`${origin}${path}`);
  return { status: response.status, text: await response.text() };
}

async function metric(name: string): Promise<number> {
  const { text } = await askAdmin("/metrics");
  return Number(new RegExp(`^${name}(?:\\{.*\\})? (\\d+)$`, "m").exec(text)?.[1]);
}

function codeOf(call: Promise<unknown>): Promise<Code | undefined> {
  return call.then(
    () => undefined,
    (error: unknown) => ConnectError.from(error).code,
  );
}

test("the admin port answers for all workers", async () => {
  expect(await askAdmin("/readyz")).toMatchObject({ status: 200 });
  expect(await askAdmin("/livez")).toMatchObject({ status: 200 });
  expect(await metric("countersign_workers")).toBe(WORKERS);
  const before = await metric("countersign_calls_denied_total");
  const calls = Array.from({ length: 9 }, () => codeOf(notesOf("").listNotes({})));
  expect(new Set(await Promise.all(calls))).toEqual(new Set([Code.Unauthenticated]));
  expect(await metric("countersign_calls_denied_total")).toBe((before || 0) + 9);
});

test("a revocation at one worker acts at all of them, also on open streams", async () => {
  const tokens = await signIn(server.baseUrl);
  const clients = Array.from({ length: 2 * WORKERS }, () => notesOf(tokens.accessToken));
  const ends = clients.map((client) => codeOf(followTo(client)));
  await eventually(async () =>
    (await metric("countersign_live_streams")) === clients.length ? true : undefined,
  );
  const session = clientOf(SessionService, { baseUrl: server.baseUrl, token: tokens.accessToken });
  await session.signOut({});
  expect(await Promise.all(ends)).toEqual(clients.map(() => Code.Unauthenticated));
  const calls = await Promise.all(clients.map((client) => codeOf(client.listNotes({}))));
  expect(calls).toEqual(clients.map(() => Code.Unauthenticated));
});

async function followTo(client: ReturnType<typeof notesOf>): Promise<void> {
  for await (const _ of client.watchNotes({})) {
  }
}

test("a note that is written at one worker is on the streams of the others", async () => {
  const { accessToken } = await signIn(server.baseUrl);
  const stop = new AbortController();
  const watches = Array.from({ length: WORKERS }, async () => {
    for await (const { note } of notesOf(accessToken).watchNotes({}, { signal: stop.signal })) {
      return note?.title;
    }
    return undefined;
  });
  await eventually(async () => ((await metric("countersign_live_streams")) === WORKERS ? true : undefined));
  await notesOf(accessToken).createNote({ title: "for all" });
  expect(await Promise.all(watches)).toEqual(watches.map(() => "for all"));
  stop.abort();
});

test("a stream is renewed by whichever worker is asked", async () => {
  const { accessToken } = await signIn(server.baseUrl);
  const streamId = randomBytes(16).toString("base64url");
  const stop = new AbortController();
  let owner = "";
  const options = {
    headers: { "countersign-stream-id": streamId },
    signal: stop.signal,
    onHeader(header: Headers) {
      owner = header.get("countersign-stream-owner") ?? "";
    },
  };
  await notesOf(accessToken).createNote({ title: "first" });
  await notesOf(accessToken).watchNotes({}, options)[Symbol.asyncIterator]().next();
  const before = await metric("countersign_stream_renewals_total");
  for (let call = 1; call <= 2 * WORKERS; call += 1) {
    const client = clientOf(StreamService, { baseUrl: server.baseUrl, protocol: "grpc", token: accessToken });
    // A worker answers without the others when they take more than a second.
    const renewed = await eventually(async () => {
      const answer = await client.renew(
        call % 2 === 0 ? { streamIds: [streamId] } : { streams: [{ streamId, owner }] },
      );
      return answer.streams.length > 0 ? answer : undefined;
    });
    expect(renewed.streams.map((stream) => stream.streamId)).toEqual([streamId]);
    expect(renewed.unknownStreamIds).toEqual([]);
    expect(await metric("countersign_stream_renewals_total")).toBeGreaterThanOrEqual((before || 0) + call);
  }
  expect(await metric('countersign_stream_renewals_asked_total{result="elsewhere"}')).toBeGreaterThan(0);
  stop.abort();
});

test("connections are spread; kill -9 of one worker breaks only its own, loses no session, and is made good", async () => {
  const tokens = await signIn(server.baseUrl);
  const sessions = await Promise.all(Array.from({ length: 3 * WORKERS }, openConnection));
  const [victim = 0, ...others] = pids();
  process.kill(victim, "SIGKILL");
  const answered = await Promise.all(sessions.map(answersPing));
  const broken = answered.filter((isAnswered) => !isAnswered).length;
  expect(broken).toBeGreaterThan(0);
  expect(broken).toBeLessThan(2 * WORKERS);
  for (const session of sessions) {
    session.destroy();
  }

  const renewed = await Promise.all(Array.from({ length: WORKERS }, () => stillWorks(tokens)));
  expect(new Set(renewed)).toEqual(new Set(["ok"]));
  await eventually(async () => ((await askAdmin("/readyz")).status === 200 ? true : undefined));
  expect(pids().slice(-1)).not.toEqual(others.slice(-1));
  expect(await metric("countersign_workers_lost_total")).toBe(1);
  expect(await refresh(tokens)).toBe("ok");
});

async function openConnection(): Promise<ClientHttp2Session> {
  const session = connect(server.baseUrl);
  session.on("error", () => undefined);
  await once(session, "connect");
  // Until a worker has answered, the connection may still be on its way to one.
  expect(await answersPing(session)).toBe(true);
  return session;
}

/** A connection that breaks before the answer has none. */
function answersPing(session: ClientHttp2Session): Promise<boolean> {
  return new Promise((resolve) => {
    session.once("close", () => resolve(false));
    if (session.destroyed || !session.ping((error) => resolve(error === null))) {
      resolve(false);
    }
  });
}

/** A connection that came to the killed worker before its end was known is never answered: call on another one then. */
function stillWorks({ accessToken }: TokenSet): Promise<string> {
  return eventually(() =>
    notesOf(accessToken)
      .listNotes({}, { timeoutMs: 10_000 })
      .then(
        () => "ok",
        (error: unknown) =>
          ConnectError.from(error).code === Code.DeadlineExceeded ? undefined : String(error),
      ),
  );
}

async function refresh({ refreshToken }: TokenSet): Promise<string> {
  const session = clientOf(SessionService, { baseUrl: server.baseUrl });
  const { tokens } = await session.refresh({ refreshToken, refreshId: "after-the-kill-of-one" });
  return tokens === undefined ? "no tokens" : "ok";
}

test("an address has its tries to sign in at all workers together", async () => {
  await using dir = await createTemporaryFolder();
  const args = [...AUDIENCE, "--workers", "2", "--sign-ins-per-minute", "4"];
  await using limited = await startServer({ command: "serve", args, dataDir: dir.path });
  const codes: (Code | undefined)[] = [];
  for (let count = 0; count < 8; count += 1) {
    const account = { username: `nobody-${count}`, password: "wrong password" };
    codes.push(await codeOf(signIn(limited.baseUrl, account)));
  }
  expect(codes.slice(0, 4)).toEqual(Array(4).fill(Code.Unauthenticated));
  // Of the other four, one grows back in 15 s; if each worker counted for itself, none would be refused.
  expect(codes).toContain(Code.ResourceExhausted);
});

const mistakes: readonly (readonly [args: readonly string[], code: number, message: string])[] = [
  [["serve", "--workers", "0"], 2, "--workers must be a whole number from 1 to 256, or auto"],
  [["demo", "--workers", "2"], 2, "the demo is one process: --workers is for countersign serve"],
  [["serve", ...AUDIENCE, "--workers", "2", "--trusted-issuers", "missing.json"], 1, "missing.json"],
];

test.each(mistakes)("%j ends with code %i and says: %s", async (args, code, message) => {
  await using dir = await createTemporaryFolder();
  const result = await runCountersign(args, { COUNTERSIGN_DATA_DIR: dir.path });
  expect(result).toMatchObject({ code, stdout: "" });
  expect(result.stderr).toContain(message);
});
