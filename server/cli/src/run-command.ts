import { callNameOf, chooseAction, guessCallName, readArgument } from "./choose-action.ts";
import type { Command, Terminal } from "./command.ts";
import { COMMANDS } from "./commands.ts";
import { type CommandLine, readCommandLine } from "./config.ts";
import { formatHelp, formatOverview } from "./help.ts";
import { reportFailure, withHint } from "./report-failure.ts";
import { askIfMeant } from "./similar-name.ts";
import { listMisspeltVariables } from "./variables.ts";
import { readVersion } from "./version.ts";

/**
 * Run the command that the arguments name.
 *
 * @param args the arguments behind `countersign`
 * @param terminal the world outside
 * @returns the exit code: 0 for success, 1 for a failure, 2 for a wrong call, 4 when the user must sign in first, 130 when
 * the user broke it off
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
    const meant = askIfMeant(
      name,
      COMMANDS.map((known) => known.name),
    );
    terminal.warn(`countersign: ${withHint(`there is no command ${JSON.stringify(name)}${meant}`)}`);
    return 2;
  }
  if (rest.includes("--help") || rest.includes("-h")) {
    terminal.print(formatHelp(command));
    return 0;
  }
  listMisspeltVariables(terminal.env).forEach((warning) => {
    terminal.warn(`countersign ${name}: ${warning}`);
  });
  return await runAction(command, rest, terminal);
}

async function runAction(command: Command, args: readonly string[], terminal: Terminal): Promise<number> {
  let callName = guessCallName(command, args);
  try {
    const line: CommandLine = readCommandLine(args, terminal.env, command);
    const name = chooseAction(command, line.positionals);
    callName = callNameOf(command, name);
    const argument = readArgument(command, name, line);
    const run = (await command.load())[name];
    await run?.({ args, line, terminal, argument });
    return 0;
  } catch (error) {
    return await reportFailure(error, { command: command.name, callName, terminal });
  }
}
