import { randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { SessionService } from "@countersign/gen/countersign/auth/v1/session_pb.js";
import {
  type NoteEvent,
  NoteEvent_Kind,
  NotesService,
} from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import { expect, test } from "vitest";
import { startPostgres } from "../support/postgres.ts";
import { clientOf, signIn } from "../support/rpc.ts";
import { type ServerOptions, type ServerProcess, startServer } from "../support/server-process.ts";
import { createTemporaryFolder } from "../support/temporary-folder.ts";

// The issuer must not move with the port, or tokens of before would be a stranger's.
const ISSUER = { COUNTERSIGN_ISSUER: "https://issuer.test" };
const ROUNDS = 3;
const WRITERS = 8;
const WRITES_BEFORE_KILL = 60;

for (const store of ["SQLite", "Postgres"] as const) {
  test(`kill -9 during writes to ${store} loses no acknowledged note, and no session`, async () => {
    await using stack = new AsyncDisposableStack();
    const dataDir = stack.use(await createTemporaryFolder()).path;
    const env = store === "Postgres" ? await onPostgres(stack, dataDir) : {};
    await killAgainAndAgain({ dataDir, env: { ...ISSUER, ...env } });
  });
}

/** Start a Postgres, and make the secret that servers on one Postgres share. */
async function onPostgres(stack: AsyncDisposableStack, dataDir: string) {
  const postgres = stack.use(await startPostgres());
  const secretFile = join(dataDir, "secret");
  await writeFile(secretFile, `${randomBytes(32).toString("base64url")}\n`, { mode: 0o600 });
  return {
    COUNTERSIGN_DATABASE_URL: await postgres.createDatabase(),
    COUNTERSIGN_SECRET_FILE: secretFile,
  };
}

async function killAgainAndAgain(options: ServerOptions): Promise<void> {
  const acknowledged: string[] = [];
  let refreshToken = "";
  for (let round = 1; round <= ROUNDS; round += 1) {
    await using server = await startServer(options);
    const tokens = refreshToken === "" ? await signIn(server.baseUrl) : await refresh(server, refreshToken);
    refreshToken = tokens.refreshToken;
    acknowledged.push(...(await writeUntilKilled(server, tokens.accessToken)));
    expect(acknowledged.length).toBeGreaterThanOrEqual(round * WRITES_BEFORE_KILL);
  }

  await using server = await startServer(options);
  const { accessToken } = await refresh(server, refreshToken);
  const created = await readFeed(server, accessToken, acknowledged);
  const ids = created.map((event) => event.note?.id);
  expect(acknowledged.filter((id) => !ids.includes(id))).toEqual([]);
  expect(new Set(ids).size).toBe(ids.length);
  const sequences = created.map((event) => event.sequence);
  expect(sequences).toEqual([...new Set(sequences)].sort((a, b) => Number(a - b)));
}

/** Write from many sides at once, kill the server in the middle, and return what it had acknowledged. */
async function writeUntilKilled(server: ServerProcess, token: string): Promise<readonly string[]> {
  const acknowledged: string[] = [];
  const write = async (writer: number): Promise<void> => {
    const notes = clientOf(NotesService, { baseUrl: server.baseUrl, protocol: "grpc", token });
    for (let count = 1; ; count += 1) {
      const note = await notes.createNote({ title: `note ${count} of writer ${writer}` });
      acknowledged.push(note.id);
      if (acknowledged.length === WRITES_BEFORE_KILL) {
        process.kill(server.program.pid, "SIGKILL");
      }
    }
  };
  const writers = await Promise.allSettled(Array.from({ length: WRITERS }, (_, index) => write(index)));
  expect(writers.map(({ status }) => status)).toEqual(Array(WRITERS).fill("rejected"));
  await server.program.ended;
  return acknowledged;
}

async function refresh(server: ServerProcess, refreshToken: string) {
  const session = clientOf(SessionService, { baseUrl: server.baseUrl });
  const { tokens } = await session.refresh({ refreshToken, refreshId: crypto.randomUUID() });
  if (tokens === undefined) {
    throw new Error("the server refreshed without tokens");
  }
  return tokens;
}

/** Read the feed from its beginning until every acknowledged note was seen, or a note written now is. */
async function readFeed(server: ServerProcess, token: string, wanted: readonly string[]) {
  const notes = clientOf(NotesService, { baseUrl: server.baseUrl, protocol: "grpc", token });
  const last = await notes.createNote({ title: "the end" });
  const created: NoteEvent[] = [];
  for await (const event of notes.watchNotes({})) {
    if (event.kind === NoteEvent_Kind.CREATED) {
      created.push(event);
    }
    if (event.note?.id === last.id) {
      break;
    }
  }
  expect(created.length).toBeGreaterThan(wanted.length);
  return created;
}
