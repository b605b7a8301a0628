import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { Environment } from "../config.ts";
import { CommandError } from "../usage-error.ts";

/** How a program is run. */
export interface ProgramCall {
  readonly cwd: string;
  /** Default: that of this process. */
  readonly env?: Environment;
  /** Default: nothing. */
  readonly input?: string;
}

/** The most that a program may print, in bytes: an image of many protos is large. */
const MAX_OUTPUT_BYTES = 256 * 1024 * 1024;

/**
 * Run a program to its end. Resolves to what it prints.
 *
 * @throws CommandError with what the program says, when it is not there or fails
 */
export async function runProgram(
  file: string,
  args: readonly string[],
  { cwd, env, input = "" }: ProgramCall,
): Promise<Buffer> {
  const run = promisify(execFile)(file, [...args], {
    cwd,
    encoding: "buffer",
    maxBuffer: MAX_OUTPUT_BYTES,
    ...(env !== undefined && { env }),
  });
  run.child.stdin?.on("error", () => undefined).end(input);
  try {
    return (await run).stdout;
  } catch (cause) {
    const { code, stderr } = cause as { readonly code?: unknown; readonly stderr?: Buffer }; // of execFile
    const said = stderr?.toString().trim();
    const reason = code === "ENOENT" ? "it is not installed" : said || String(code);
    throw new CommandError(`${[file, ...args].join(" ")} fails: ${reason}`, { cause });
  }
}
