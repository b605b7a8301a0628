import { beginProject } from "./begin-project.ts";
import { HELP } from "./help.ts";
import { findNodeNeed, type Machine } from "./needed-node.ts";
import { listNextCommands, type NextCommand } from "./next-commands.ts";
import { parseArguments } from "./parse-arguments.ts";
import { type Ask, settleChoices } from "./settle-choices.ts";
import { UsageError } from "./usage-error.ts";
import { assertFree } from "./write-project.ts";

/** What the command runs with. */
export interface Surroundings {
  readonly machine: Machine;
  /** Undefined where no person is there to answer. */
  readonly ask: Ask | undefined;
  /** The release of this command. */
  readonly version: string;
  readonly print: (text: string) => void;
  readonly printError: (text: string) => void;
}

/** Run the command. Resolves to its exit code. */
export async function runCommand(args: readonly string[], surroundings: Surroundings): Promise<number> {
  try {
    await run(args, surroundings);
    return 0;
  } catch (error) {
    if (!(error instanceof UsageError)) {
      throw error;
    }
    surroundings.printError(`create-countersign: ${error.message}. See --help.\n`);
    return 2;
  }
}

async function run(args: readonly string[], { machine, ask, version, print }: Surroundings): Promise<void> {
  const parsed = parseArguments(args);
  if (parsed.wantsHelp) {
    print(HELP);
    return;
  }
  // Said before the questions, not after them.
  if (parsed.folder !== undefined) {
    assertFree(parsed.folder);
  }
  const { takesDefaults, wantsJson, audience, packages } = parsed;
  const settled = await settleChoices(parsed, takesDefaults || wantsJson ? undefined : ask);
  const node = findNodeNeed(machine);
  const files = beginProject({ ...settled, audience, packages, node, version });
  const commands = listNextCommands(settled);
  if (wantsJson) {
    print(`${JSON.stringify({ ...settled, node, files, commands }, null, 2)}\n`);
    return;
  }
  print(describeMade(settled.folder, commands));
  if (node === "missing") {
    print(`\nThe project needs Node 24.15 or newer, and this is ${machine.node}. See https://nodejs.org\n`);
  }
}

function describeMade(folder: string, commands: readonly NextCommand[]): string {
  const lines = commands.map(({ command, hint }) =>
    hint === undefined ? `  ${command}` : `  ${command.padEnd(17)}${hint}`,
  );
  return `Made ${folder}. Next:\n\n${lines.join("\n")}\n\nREADME.md there has the rest.\n`;
}
