import { join } from "node:path";
import { type ProgramOptions, type RunningProgram, startProgram } from "../support/program.ts";
import { BUN, INSTALLED } from "./create-folder.ts";
import type { Settings } from "./program/app.ts";
import { buildWorker } from "./worker-bundle.ts";

const ON_NODE_24 = join(INSTALLED, "node24/bin/node");
const BUN_ARCH = process.arch === "arm64" ? "aarch64" : process.arch;
const ON_BUN = join(BUN, `@oven/bun-${process.platform}-${BUN_ARCH}/bin/bun`);
const ON_DENO = join(INSTALLED, "@deno/linux-x64-glibc/deno");

/** How a program is run on each runtime that runs programs. Deno would ask on a terminal before it lets one listen. */
const COMMANDS = {
  "Node 26": [process.execPath],
  "Node 24": [ON_NODE_24],
  Bun: [ON_BUN],
  Deno: [ON_DENO, "run", "--allow-all"],
} as const;

/** A runtime that runs programs; workerd runs workers. */
export type RuntimeName = keyof typeof COMMANDS;

/** The runtimes that run programs. */
export const RUNTIMES = Object.keys(COMMANDS) as readonly RuntimeName[];

/** Find how to run a program of the folder on a runtime. @param arg what it is told */
export function commandOf(runtime: RuntimeName, program: string, arg: string): ProgramOptions {
  const [file, ...args] = COMMANDS[runtime];
  return { file, args: [...args, program, arg] };
}

/** A program that listens. */
export interface RunningHost extends AsyncDisposable {
  readonly origin: string;
  readonly program: RunningProgram;
}

/** Starts a program of the folder, and waits until it listens. */
export type StartHost = (settings: Settings, folder: string) => Promise<RunningHost>;

/** Start a program that tells where it listens. */
export function startOn(runtime: RuntimeName, program: string): StartHost {
  return async (settings, folder) => {
    const command = commandOf(runtime, join(folder, program), JSON.stringify(settings));
    const running = startProgram({ ...command, cwd: folder });
    const [, origin = ""] = await running.untilPrinted(/ready: (.*)\n/);
    return toHost(origin, running);
  };
}

/** Start workerd with a worker. */
export function startWorkerd(worker: string): StartHost {
  return async (settings, folder) => {
    const config = await buildWorker(folder, worker);
    const running = startProgram({
      file: join(INSTALLED, "@cloudflare/workerd-linux-64/bin/workerd"),
      args: ["serve", "--control-fd=1", config],
      cwd: folder,
      env: { SETTINGS: JSON.stringify(settings) },
    });
    const [, port = ""] = await running.untilPrinted(/"socket":"http","port":(\d+)/);
    return toHost(`http://127.0.0.1:${port}`, running);
  };
}

function toHost(origin: string, program: RunningProgram): RunningHost {
  return { origin, program, [Symbol.asyncDispose]: () => program[Symbol.asyncDispose]() };
}
