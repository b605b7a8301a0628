import { BUILT_IN, type Choices, CLIENTS, SERVERS } from "./choices.ts";
import { type Arguments, parseIssuer } from "./parse-arguments.ts";
import { UsageError } from "./usage-error.ts";

/** Asks a person; undefined where no person is there to answer. */
export type Ask = (question: string, fallback: string) => Promise<string>;

const DEFAULT_FOLDER = "my-service";
const DEFAULTS: Choices = { server: "listen", client: "node", issuer: BUILT_IN };

/** The folder, and what goes into it. */
export interface Settled extends Choices {
  readonly folder: string;
}

/**
 * Ask for what the command line leaves open; without `ask`, take the defaults. An answer that is not one of those that
 * there are is asked for again.
 */
export async function settleChoices(
  { folder, choices }: Pick<Arguments, "folder" | "choices">,
  ask: Ask | undefined,
): Promise<Settled> {
  if (ask === undefined) {
    const { server, client, issuer } = choices;
    return {
      folder: folder ?? DEFAULT_FOLDER,
      server: server ?? DEFAULTS.server,
      client: client ?? DEFAULTS.client,
      issuer: issuer ?? DEFAULTS.issuer,
    };
  }
  return {
    folder: folder ?? (await ask("Folder", DEFAULT_FOLDER)),
    server: choices.server ?? (await askChoice(ask, "Server", { table: SERVERS, fallback: DEFAULTS.server })),
    client: choices.client ?? (await askChoice(ask, "Client", { table: CLIENTS, fallback: DEFAULTS.client })),
    issuer: choices.issuer ?? (await askIssuer(ask)),
  };
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

async function askIssuer(ask: Ask): Promise<string> {
  const question = "Issuer of the tokens: built-in, or the URL of an OpenID provider";
  for (;;) {
    try {
      return parseIssuer(await ask(question, DEFAULTS.issuer));
    } catch (error) {
      if (!(error instanceof UsageError)) {
        throw error;
      }
    }
  }
}
