import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { type ProgramResult, type RunningProgram, startProgram } from "./program.ts";

const BUF = fileURLToPath(new URL("../../node_modules/.bin/buf", import.meta.url));

/** Run buf in an empty place: it knows no schema but what it is given. */
export function runBuf(args: readonly string[], cwd: string): Promise<ProgramResult> {
  return startBuf(args, cwd).ended;
}

/** The same for one that goes on until its server ends it: a signal does not get through to it. */
export function startBuf(args: readonly string[], cwd: string): RunningProgram {
  return startProgram({
    file: process.execPath,
    args: [BUF, ...args],
    cwd,
    env: { BUF_CACHE_DIR: cwd, PATH: `${dirname(BUF)}:${process.env.PATH}` },
  });
}
