import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { type ProgramResult, runProgram } from "./program.ts";

const BUF = fileURLToPath(new URL("../../node_modules/.bin/buf", import.meta.url));

/** Run buf in an empty place: it knows no schema but what it is given. */
export function runBuf(args: readonly string[], cwd: string): Promise<ProgramResult> {
  return runProgram({
    file: process.execPath,
    args: [BUF, ...args],
    cwd,
    env: { BUF_CACHE_DIR: cwd, PATH: `${dirname(BUF)}:${process.env.PATH}` },
  });
}
