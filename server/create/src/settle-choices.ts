import { BUILT_IN, type Choices, CLIENTS, findObstacle, SERVERS } from "./choices.ts";
import { type Arguments, parseIssuer } from "./parse-arguments.ts";
import { UsageError } from "./usage-error.ts";

/** Asks a person. An empty answer means the fallback, where there is one. */
export type Ask = (question: string, fallback?: string) => Promise<string>;

const DEFAULT_FOLDER = "my-service";
const DEFAULTS: Choices = { server: "listen", client: "node", issuer: BUILT_IN };

/** The folder, and what goes into it. */
export interface Settled extends Choices {
  readonly folder: string;
}

/**
 * Ask for what the command line leaves open; without `ask`, take the defaults. An answer that is not one of those that
 * there are is asked for again.
 *
 * @throws UsageError when there is no project of what was chosen
 */
export async function settleChoices(
  { folder, choices }: Pick<Arguments, "folder" | "choices">,
  ask: Ask | undefined,
): Promise<Settled> {
  const settled =
    ask === undefined ? takeDefaults({ folder, choices }) : await askOpen({ folder, choices }, ask);
  assertPossible(settled);
  return settled;
}

/** @throws UsageError when there is no project of what was chosen */
function assertPossible(choices: Pick<Choices, "server" | "issuer">): void {
  const obstacle = findObstacle(choices);
  if (obstacle !== undefined) {
    throw new UsageError(obstacle);
  }
}

function takeDefaults({ folder, choices }: Pick<Arguments, "folder" | "choices">): Settled {
  return {
    folder: folder ?? DEFAULT_FOLDER,
    server: choices.server ?? DEFAULTS.server,
    client: choices.client ?? DEFAULTS.client,
    issuer: choices.issuer ?? DEFAULTS.issuer,
  };
}

async function askOpen(
  { folder, choices }: Pick<Arguments, "folder" | "choices">,
  ask: Ask,
): Promise<Settled> {
  const open = folder ?? (await ask("Folder", DEFAULT_FOLDER));
  const server =
    choices.server ?? (await askChoice(ask, "Server", { table: SERVERS, fallback: DEFAULTS.server }));
  const client =
    choices.client ?? (await askChoice(ask, "Client", { table: CLIENTS, fallback: DEFAULTS.client }));
  return { folder: open, server, client, issuer: choices.issuer ?? (await askIssuer(ask, server)) };
}

async function askChoice<Name extends string>(
  ask: Ask,
  title: string,
  {
    table,
    fallback,
  }: { readonly table: Readonly<Record<Name, { readonly about: string }>>; readonly fallback: Name },
): Promise<Name> {
  const names = Object.keys(table) as Name[]; // the keys of the table
  const lines = names.map((name) => `  ${name.padEnd(8)}  ${table[name].about}`);
  for (;;) {
    const answer = await ask(`${title}\n${lines.join("\n")}\n${title}`, fallback);
    const found = names.find((name) => name === answer);
    if (found !== undefined) {
      return found;
    }
  }
}

async function askIssuer(ask: Ask, server: Choices["server"]): Promise<string> {
  const hasBuiltIn = findObstacle({ server, issuer: BUILT_IN }) === undefined;
  const question = `Issuer of the tokens: ${hasBuiltIn ? "built-in, or " : ""}the URL of an OpenID provider`;
  let complaint = "";
  for (;;) {
    try {
      const issuer = parseIssuer(await ask(`${complaint}${question}`, hasBuiltIn ? BUILT_IN : undefined));
      assertPossible({ server, issuer });
      return issuer;
    } catch (error) {
      if (!(error instanceof UsageError)) {
        throw error;
      }
      complaint = `${error.message}.\n`;
    }
  }
}
