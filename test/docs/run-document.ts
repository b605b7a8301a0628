import { join } from "node:path";
import { type ProgramResult, type RunningProgram, runProgram, startProgram } from "../support/program.ts";
import type { ServerProcess } from "../support/server-process.ts";
import { choosePorts, createToRun, type Ports, untilListening } from "./addresses.ts";
import { ROOT } from "./documents.ts";
import { type Fence, placeOf } from "./markdown.ts";
import { createProject, type Project, type SourceFile } from "./project.ts";
import { runShellBlocks, type ShellResult } from "./shell.ts";

const MAX_RUN_MS = 120_000;

/** What came of the blocks of one document. */
export interface DocumentRun extends AsyncDisposable {
  readonly project: Project;
  /** Of the `sh` blocks, in their order. */
  readonly shell: readonly ShellResult[];
  /** Of the `ts` blocks that are programs. */
  readonly programs: ReadonlyMap<SourceFile, ProgramResult>;
}

/** Whether a block is run as it stands, rather than by a reader with a machine of their own. */
export function isRunnable({ language, attributes }: Fence): boolean {
  return language === "sh" && attributes["by-hand"] === undefined;
}

/** Whether a block is a program that runs to its end. */
export function isProgram({ language, attributes }: Fence): boolean {
  return language === "ts" && attributes.run !== undefined;
}

/**
 * Do what a document says: write its files, start its servers, run its programs, then its commands.
 *
 * @param fences the blocks of the document
 * @param demo the server that it says is running
 */
export async function runDocument(fences: readonly Fence[], demo: ServerProcess): Promise<DocumentRun> {
  await using stack = new AsyncDisposableStack();
  const place = { COUNTERSIGN_DATA_DIR: demo.dataDir, XDG_CONFIG_HOME: join(demo.dataDir, "config") };
  const env = { ...place, ...(await makeClient(fences, place)) };
  const ports = await choosePorts(fences);
  const toRun = await createToRun(demo, ports);
  const project = stack.use(await createProject(fences, toRun));
  for (const source of project.sources) {
    const server = await serve(source, { ports, env });
    if (server !== undefined) {
      stack.use(server);
    }
  }
  const programs = new Map<SourceFile, ProgramResult>();
  for (const source of project.sources.filter((file) => attributeOf(file, "run") !== undefined)) {
    programs.set(source, await runToEnd(source));
  }
  const commands = fences.filter(isRunnable);
  const shell = await runShellBlocks(commands, { cwd: project.path, env, toRun });
  const kept = stack.move();
  return { project, shell, programs, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}

/** Make the client that a reader is told to make by hand before a server is started. @returns its secret */
async function makeClient(
  fences: readonly Fence[],
  env: Readonly<Record<string, string>>,
): Promise<Readonly<Record<string, string>>> {
  if (!fences.some(({ language, text }) => language === "ts" && text.includes("BILLING_SECRET"))) {
    return {};
  }
  const args = ["client", "add", "billing", "--signals", "--json"];
  const { stdout } = await runProgram({ file: join(ROOT, "node_modules/.bin/countersign"), args, env });
  return { BILLING_SECRET: JSON.parse(stdout).secret };
}

async function serve(
  source: SourceFile,
  { ports, env }: { readonly ports: Ports; readonly env: Readonly<Record<string, string>> },
): Promise<RunningProgram | undefined> {
  const port = ports.get(attributeOf(source, "serve") ?? "");
  if (port === undefined) {
    return undefined;
  }
  const program = startProgram({ ...toProgram(source), env });
  const early = program.ended.then(({ stderr }) => {
    throw new Error(`the server of ${source.fences.map(placeOf).join()} ended:\n${stderr}`);
  });
  await Promise.race([untilListening(port), early]);
  // From here on it ends when the test does.
  early.catch(() => {});
  return program;
}

/** Run a program; one that does not end by itself is ended, and so fails its test. */
async function runToEnd(source: SourceFile): Promise<ProgramResult> {
  await using program = startProgram(toProgram(source));
  const timer = setTimeout(() => void program.end("SIGKILL"), MAX_RUN_MS);
  try {
    return await program.ended;
  } finally {
    clearTimeout(timer);
  }
}

function toProgram({ path }: SourceFile) {
  return { file: process.execPath, args: ["--conditions=@countersign/source", path], cwd: join(path, "..") };
}

function attributeOf({ fences }: SourceFile, name: string): string | undefined {
  return fences[0]?.attributes[name];
}
