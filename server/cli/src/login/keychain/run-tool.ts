import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import type { Environment } from "../../config.ts";

/** How a program is run. */
export interface ToolCall {
  readonly file: string;
  readonly args: readonly string[];
  /** Sent to its standard input: a secret must not be in `args`, which other users can read. Default: nothing. */
  readonly input?: string;
}

/** How a program ended. */
export interface ToolResult {
  /** Its exit code; undefined when it was ended, or could not be started. */
  readonly code: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** Run a program to its end. It never rejects. */
export type RunTool = (call: ToolCall) => Promise<ToolResult>;

/** The user may have to unlock the keychain meanwhile, in a window of the system. */
const MAX_WAIT_MS = 120_000;

/** Make what runs programs with an environment. */
export function createRunTool(env: Environment): RunTool {
  return async ({ file, args, input = "" }) => {
    const child = spawn(file, args, { env, timeout: MAX_WAIT_MS, stdio: ["pipe", "pipe", "pipe"] });
    const { promise: ended, resolve } = Promise.withResolvers<Pick<ToolResult, "code"> & { why?: string }>();
    child.once("error", (error) => resolve({ code: undefined, why: error.message }));
    child.once("close", (code) => resolve({ code: code ?? undefined }));
    // A program that does not read its input may be gone before it was written.
    child.stdin.on("error", () => undefined);
    child.stdin.end(input);
    const [stdout, stderr, { code, why = "" }] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      ended,
    ]);
    return { code, stdout, stderr: stderr.trim() || why };
  };
}
