import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { notEmpty } from "../support/not-empty.ts";
import { runProgram } from "../support/program.ts";
import { type ServerProcess, startServer } from "../support/server-process.ts";
import { createTemporaryFolder } from "../support/temporary-folder.ts";
import { compileProjects } from "./compile.ts";
import { DOCUMENTS, type Document } from "./documents.ts";
import { type Fence, placeOf } from "./markdown.ts";
import { matchesOutput } from "./output.ts";
import { type DocumentRun, isProgram, isRunnable, runDocument } from "./run-document.ts";

/** All that readers do, one after the other: a minute, on a machine that does nothing else. */
const SETUP_TIMEOUT_MS = 900_000;

const stack = new AsyncDisposableStack();
const runs = new Map<Document, DocumentRun>();
let server: ServerProcess;

/** Imports what the programs of the documents do. */
const IMPORTS = ["server", "node", "issuer", "sdk", "sdk/node"]
  .map((name) => `import "@countersign/${name}";`)
  .join("\n");

beforeAll(async () => {
  // Node keeps what it has compiled when a program ends by itself. Servers are killed: each one compiled everything again.
  const args = ["--conditions=@countersign/source", "--input-type=module", "--eval", IMPORTS];
  const { code, stderr } = await runProgram({ file: process.execPath, args });
  expect(code, stderr).toBe(0);
  server = stack.use(await startServer());
  for (const document of DOCUMENTS) {
    runs.set(document, stack.use(await runDocument(document.fences, server)));
  }
}, SETUP_TIMEOUT_MS);

afterAll(() => stack.disposeAsync());

test("this machine has what readers are to have: a curl that speaks HTTP/2", async () => {
  const { stdout } = await runProgram({ file: "curl", args: ["--version"] });
  expect(stdout).toMatch(/\bHTTP2\b/);
});

test("every TypeScript block compiles", async () => {
  await using folder = await createTemporaryFolder();
  const projects = [...runs.values()].map(({ project }) => project);
  expect(await compileProjects(folder.path, projects)).toEqual([]);
});

const withPrograms = DOCUMENTS.filter(({ fences }) =>
  fences.some((fence) => isRunnable(fence) || isProgram(fence)),
);

describe.each(notEmpty(withPrograms.map((document) => ({ document, name: document.path }))))(
  "$name",
  ({ document }) => {
    const blocks = document.fences.filter((fence) => isRunnable(fence) || isProgram(fence));
    const named = blocks.map((fence) => ({
      fence,
      what: isProgram(fence) ? "program" : "commands",
      place: placeOf(fence),
    }));

    test.for(notEmpty(named))("what it says of the $what at $place is so", ({ fence }) => {
      if (isProgram(fence)) {
        const programs = [...(runs.get(document)?.programs ?? [])];
        const [, result] = programs.find(([source]) => source.fences[0] === fence) ?? [];
        expect(result?.code, result?.stderr).toBe(0);
        expectOutput(document, fence, result?.stdout);
        return;
      }
      const result = runs.get(document)?.shell.find((known) => known.fence === fence);
      const fails = fence.attributes.fails !== undefined;
      expect(result?.code, result?.stderr).toEqual(fails ? expect.any(Number) : 0);
      if (fails) {
        expect(result?.code).not.toBe(0);
      }
      expectOutput(document, fence, fails ? result?.stderr : result?.stdout);
    });
  },
);

/** What stands right behind a block as its output must be what it printed. */
function expectOutput({ fences }: Document, fence: Fence, printed = ""): void {
  const next = fences[fences.indexOf(fence) + 1];
  if (next?.attributes.output === undefined) {
    return;
  }
  expect(matchesOutput(next.text, printed), `${placeOf(next)} says otherwise than:\n${printed}`).toBe(true);
}
