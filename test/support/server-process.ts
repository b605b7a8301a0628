import { fileURLToPath } from "node:url";
import { bundleProgram } from "./bundled-program.ts";
import { type ProgramResult, type RunningProgram, runProgram, startProgram } from "./program.ts";
import { createTemporaryFolder, databaseParent } from "./temporary-folder.ts";

/** How to start a server. */
export interface ServerOptions {
  /** Default: `demo`. */
  readonly command?: "demo" | "serve";
  readonly args?: readonly string[];
  /** Beside free ports, which are always asked for unless named here. */
  readonly env?: Readonly<Record<string, string>>;
  /** Default: a new folder that is removed with the server. */
  readonly dataDir?: string;
  /** The source of the program. Default: that of `countersign`. */
  readonly main?: string;
  /** The Node to run it with. Default: that of the tests. */
  readonly node?: string;
  /** Called when it runs, long before it answers. */
  readonly onLaunched?: (program: RunningProgram) => void;
}

/** A server in a process of its own, that answers. */
export interface ServerProcess extends AsyncDisposable {
  /** Such as `http://127.0.0.1:34567`. */
  readonly baseUrl: string;
  readonly dataDir: string;
  readonly program: RunningProgram;
}

/** An account that `countersign demo` makes. */
export const DEMO_ACCOUNT = { username: "demo", password: "demo-password" } as const;

const MAIN = fileURLToPath(new URL("../../server/cli/src/main.ts", import.meta.url));
const ADDRESS = /https?:\/\/(?:127\.0\.0\.1|localhost):\d+/;

/**
 * Bundle a server from the sources, start it, and wait until it says where it listens.
 *
 * Rejects with everything that it printed when it ends before that.
 */
export async function startServer(options: ServerOptions = {}): Promise<ServerProcess> {
  await using stack = new AsyncDisposableStack();
  const dataDir = options.dataDir ?? stack.use(await createTemporaryFolder(databaseParent())).path;
  const main = await bundleProgram(options.main ?? MAIN);
  const program = stack.use(
    startProgram({
      file: options.node ?? process.execPath,
      args: [main, options.command ?? "demo", ...(options.args ?? [])],
      env: { ...FREE_PORTS, COUNTERSIGN_DATA_DIR: dataDir, ...options.env },
    }),
  );
  options.onLaunched?.(program);
  const [baseUrl] = await program.untilPrinted(ADDRESS);
  const kept = stack.move();
  return { baseUrl, dataDir, program, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}

/** Run the `countersign` command to its end. @param input its standard input */
export async function runCountersign(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  input = "",
): Promise<ProgramResult> {
  return runProgram({
    file: process.execPath,
    args: [await bundleProgram(MAIN), ...args],
    env: { ...FREE_PORTS, ...env },
    input,
  });
}

const FREE_PORTS = { COUNTERSIGN_PORT: "0", COUNTERSIGN_ADMIN_PORT: "0" };
