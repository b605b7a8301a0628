import { join } from "node:path";
import { NotesService } from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createProject, externalPackages, PUBLISHED } from "../support/packages.ts";
import { type RunningProgram, runProgram, startProgram } from "../support/program.ts";
import { clientOf, PROTOCOLS, signIn } from "../support/rpc.ts";
import { createTemporaryFolder } from "../support/temporary-folder.ts";

/** What `npx countersign` runs in a project that has the package. */
const COMMAND = "node_modules/.bin/countersign";
const FREE_PORTS = ["--port", "0", "--admin-port", "0"];

let stack: AsyncDisposableStack;
let project: string;
let program: RunningProgram;
let baseUrl: string;

beforeAll(async () => {
  stack = new AsyncDisposableStack();
  project = await createProject({
    folder: join(stack.use(await createTemporaryFolder()).path, "project"),
    published: PUBLISHED,
    packages: await externalPackages(PUBLISHED),
    files: {},
  });
  program = stack.use(
    startProgram({ file: process.execPath, args: [COMMAND, "demo", ...FREE_PORTS], cwd: project }),
  );
  [, baseUrl = ""] = await program.untilPrinted(/ready: (http:\S+)/);
});

afterAll(() => stack.disposeAsync());

describe("countersign demo, of the packages in an empty project", () => {
  test("serves the page, and every file that the page names", async () => {
    const response = await fetch(baseUrl);
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toBe("text/html; charset=utf-8");
    const html = await response.text();
    expect(html).toContain("<title>Countersign</title>");
    const scripts = await fetchAll(namesIn(html));
    const types = [...scripts.values()].map(({ type }) => type);
    for (const type of ["text/javascript; charset=utf-8", "text/css; charset=utf-8", "image/svg+xml"]) {
      expect(types).toContain(type);
    }
    // The page loads its chart later, by a name that stands in the first script.
    const later = [...scripts.values()]
      .flatMap(({ text }) => namesIn(text))
      .filter((name) => !scripts.has(name));
    expect((await fetchAll(later)).size).toBeGreaterThan(0);
  });

  test.each(PROTOCOLS)("signs in, and keeps notes (%s)", async (protocol) => {
    const { accessToken: token } = await signIn(baseUrl);
    const notes = clientOf(NotesService, { baseUrl, protocol, token });
    const { id } = await notes.createNote({ title: "packed" });
    expect((await notes.listNotes({})).notes.map((note) => note.id)).toContain(id);
    // A loop that is left does not end the call, and a call that goes on keeps the server for its whole grace.
    const watching = new AbortController();
    for await (const event of notes.watchNotes({}, { signal: watching.signal })) {
      if (event.note?.id === id) {
        break;
      }
    }
    watching.abort();
    await notes.deleteNote({ id });
    expect((await notes.listNotes({})).notes).toEqual([]);
  });

  test("says nothing on standard error, and ends with its last call", async () => {
    expect(program.output().stderr).toBe("");
    expect(await program.end("SIGTERM")).toMatchObject({ code: 0, stderr: "" });
  });

  test("leaves a project in which countersign serve warns of its accounts, and serves no page", async () => {
    const args = [COMMAND, "serve", "--audience", "countersign-demo", ...FREE_PORTS];
    await using serving = startProgram({ file: process.execPath, args, cwd: project });
    const [, address = ""] = await serving.untilPrinted(/ready: (http:\S+)/);
    expect((await fetch(address)).status).toBe(404);
    expect(serving.output().stderr).toContain('"accounts":["demo","admin"]');
  });
});

test("countersign policy --demo, of the packages, lists the rules of the notes", async () => {
  const { stdout } = await runProgram({
    file: process.execPath,
    args: [COMMAND, "policy", "--demo"],
    cwd: project,
  });
  expect(stdout).toMatch(/countersign\.demo\.v1\.NotesService\/WatchNotes\s+authenticated/);
});

function namesIn(text: string): readonly string[] {
  return [...new Set(text.match(/\bassets\/[\w-]+\.\w+/g) ?? [])];
}

interface Fetched {
  readonly type: string | null;
  readonly text: string;
}

/** Fetch files of the page; all of them must be there. */
async function fetchAll(names: readonly string[]): Promise<ReadonlyMap<string, Fetched>> {
  const files = new Map<string, Fetched>();
  for (const name of names) {
    const response = await fetch(`${baseUrl}/${name}`);
    expect({ name, status: response.status }).toEqual({ name, status: 200 });
    files.set(name, { type: response.headers.get("content-type"), text: await response.text() });
  }
  return files;
}
