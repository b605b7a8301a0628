import type { Terminal } from "./command.ts";
import { CommandError, InterruptedError, UsageError } from "./usage-error.ts";

/** What failed, and where to say so. */
export interface FailedCall {
  /** The name of the command, whose help may be of use. */
  readonly command: string;
  /** As it was called, such as `user add`. */
  readonly callName: string;
  readonly terminal: Terminal;
}

/** The exit code of programs that Ctrl-C ends: 128 and the number of SIGINT. */
const INTERRUPTED = 130;

/**
 * Write why a command failed.
 *
 * @returns the exit code
 */
export async function reportFailure(
  error: unknown,
  { command, callName, terminal }: FailedCall,
): Promise<number> {
  const warn = (message: string): void => terminal.warn(`countersign ${callName}: ${message}`);
  if (error instanceof InterruptedError) {
    warn(error.message);
    return INTERRUPTED;
  }
  if (error instanceof UsageError) {
    warn(withHint(error.message, command));
    return 2;
  }
  if (error instanceof CommandError) {
    warn(error.message);
    return error.exitCode;
  }
  const message = error instanceof Error ? error.message : "failed";
  // Loaded for this alone: what reports a wrong call loads no server.
  const { outageOf } = await import("./reason-of.ts");
  const outage = outageOf(error);
  warn(outage === undefined ? message : `${message}: ${outage}`);
  if (outage === undefined && error instanceof Error && error.stack !== undefined) {
    terminal.warn(error.stack);
  }
  return 1;
}

/** Append where help is to what is wrong with a call. */
export function withHint(message: string, command?: string): string {
  const call = command === undefined ? "countersign --help" : `countersign ${command} --help`;
  return message.endsWith("?") ? `${message} See ${call}` : `${message}; see ${call}`;
}
