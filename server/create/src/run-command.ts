import { beginProject } from "./begin-project.ts";
import { HELP } from "./help.ts";
import { findNodeNeed, type Machine } from "./needed-node.ts";
import { parseArguments } from "./parse-arguments.ts";
import { type Ask, type Settled, settleChoices } from "./settle-choices.ts";
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
  const settled = await settleChoices(parsed, parsed.takesDefaults ? undefined : ask);
  const node = findNodeNeed(machine);
  beginProject({ ...settled, audience: parsed.audience, packages: parsed.packages, node, version });
  print(describeNext(settled));
  if (node === "missing") {
    print(`\nThe project needs Node 24.15 or newer, and this is ${machine.node}. See https://nodejs.org\n`);
  }
}

function describeNext({ folder, client }: Settled): string {
  const path = /^[\w./-]+$/.test(folder) ? folder : `'${folder.replaceAll("'", `'\\''`)}'`;
  const call = client === "none" ? "" : "  npm run call     in a second terminal\n";
  return `Made ${folder}. Next:\n\n  cd ${path}\n  npm install\n  npm start\n${call}\nREADME.md there has the rest.\n`;
}
