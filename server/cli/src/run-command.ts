import { AuthError } from "@countersign/server";
import { clientCommand } from "./client.ts";
import type { Command, Terminal } from "./command.ts";
import { demoCommand } from "./demo.ts";
import { formatHelp, formatOverview } from "./help.ts";
import { keyCommand } from "./key.ts";
import { policyCommand } from "./policy.ts";
import { reasonOf } from "./reason-of.ts";
import { serveCommand } from "./serve.ts";
import { sessionCommand } from "./session.ts";
import { tokenCommand } from "./token.ts";
import { CommandError, UsageError } from "./usage-error.ts";
import { userCommand } from "./user.ts";
import { readVersion } from "./version.ts";

const COMMANDS: readonly Command[] = [
  serveCommand,
  demoCommand,
  userCommand,
  clientCommand,
  keyCommand,
  sessionCommand,
  tokenCommand,
  policyCommand,
];

/**
 * Run the command that the words name.
 *
 * @param args the words behind `countersign`
 * @param terminal the world outside
 * @returns the exit code: 0 for success, 1 for a failure, 2 for a wrong call
 */
export async function runCommand(args: readonly string[], terminal: Terminal): Promise<number> {
  // `help serve` and `serve --help` ask for the same.
  const [name, ...rest] = args[0] === "help" && args.length > 1 ? [...args.slice(1, 2), "--help"] : args;
  if (name === undefined || ["help", "--help", "-h"].includes(name)) {
    terminal.print(formatOverview(COMMANDS));
    return name === undefined ? 2 : 0;
  }
  if (name === "--version" || name === "version") {
    terminal.print(`countersign ${readVersion()}`);
    return 0;
  }
  const command = COMMANDS.find((known) => known.name === name);
  if (command === undefined) {
    terminal.warn(`countersign: there is no command ${JSON.stringify(name)}; see countersign --help`);
    return 2;
  }
  if (rest.includes("--help") || rest.includes("-h")) {
    terminal.print(formatHelp(command));
    return 0;
  }
  try {
    await command.run(rest, terminal);
    return 0;
  } catch (error) {
    return reportFailure(error, command, terminal);
  }
}

function reportFailure(error: unknown, command: Command, terminal: Terminal): number {
  if (error instanceof UsageError) {
    terminal.warn(`countersign ${command.name}: ${error.message}; see countersign ${command.name} --help`);
    return 2;
  }
  // Whoever types commands may know what keeps the database from being used, and can do something about it.
  const isOutage = error instanceof AuthError && error.reason === "AUTH_UNAVAILABLE";
  const why = isOutage ? `: ${reasonOf(error.cause)}` : "";
  const isExpected = error instanceof CommandError || isOutage;
  terminal.warn(`countersign ${command.name}: ${error instanceof Error ? error.message : "failed"}${why}`);
  if (!isExpected && error instanceof Error && error.stack !== undefined) {
    terminal.warn(error.stack);
  }
  return 1;
}
