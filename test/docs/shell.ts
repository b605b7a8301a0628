import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { runProgram } from "../support/program.ts";
import { ROOT } from "./documents.ts";
import type { Fence } from "./markdown.ts";
import type { ToRun } from "./project.ts";

/** Where the blocks run, and what stands for the addresses in them. */
export interface ShellOptions {
  readonly cwd: string;
  /** Where programs are looked for. Default: where the repository's are, then where the machine's are. */
  readonly path?: string;
  readonly env: Readonly<Record<string, string>>;
  readonly toRun: ToRun;
}

/** How one block went. */
export interface ShellResult {
  readonly fence: Fence;
  /** The code of the command that failed last; 0 when none did; undefined when the block was not reached. */
  readonly code: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

const OF_REPOSITORY = `${join(ROOT, "node_modules/.bin")}:${process.env.PATH}`;

/** The keyring of the developer who runs the tests is none of a reader's. */
const NO_KEYRING = { DBUS_SESSION_BUS_ADDRESS: "unix:path=/nowhere" };

// A pipe fails with any of its programs, and a failure in the middle of a block is not made good by its last line.
const PRELUDE = "set -uo pipefail\ntrap 'failed=$?' ERR\n";

// The repository's programs are in the path. To find them, npm takes half a second of processor time, a hundred times:
// the blocks that are run outside of the repository run the real one.
const NPX_OF_REPOSITORY = `npx() {
  case $1 in
    -c) bash -c "$2" ;;
    -*) command npx "$@" ;;
    *) command "$@" ;;
  esac
}
`;

/**
 * Run the blocks of one document in one shell, as a reader does who pastes them one after the other: what one
 * sets, the next ones see.
 */
export async function runShellBlocks(
  fences: readonly Fence[],
  { cwd, env, toRun, path }: ShellOptions,
): Promise<readonly ShellResult[]> {
  const scripts = fences.map((fence, index) => toScript(fence, join(cwd, `block-${index}`)));
  const before = path === undefined ? PRELUDE + NPX_OF_REPOSITORY : PRELUDE;
  await writeFile(join(cwd, "blocks.sh"), toRun(before + scripts.join("")));
  const shell = {
    file: "bash",
    args: ["blocks.sh"],
    cwd,
    env: { ...NO_KEYRING, ...env, PATH: path ?? OF_REPOSITORY },
  };
  const { stderr } = await runProgram(shell);
  return Promise.all(fences.map((fence, index) => readResult({ fence, cwd, index, outside: stderr })));
}

function toScript({ text }: Fence, result: string): string {
  return `failed=0\n{\n${text}\n} >"${result}.out" 2>"${result}.err"\necho "$failed" >"${result}.code"\n`;
}

interface ResultFiles {
  readonly fence: Fence;
  readonly cwd: string;
  readonly index: number;
  readonly outside: string;
}

async function readResult({ fence, cwd, index, outside }: ResultFiles): Promise<ShellResult> {
  const read = (kind: string) => readFile(join(cwd, `block-${index}.${kind}`), "utf8").catch(() => undefined);
  const [code, stdout = "", stderr = ""] = await Promise.all([read("code"), read("out"), read("err")]);
  return {
    fence,
    code: code === undefined ? undefined : Number(code),
    stdout,
    // What npm thinks of the machine's settings is no part of what a command says.
    stderr: (code === undefined ? outside : stderr).replace(/^npm (warn|notice) .*\n/gm, ""),
  };
}
