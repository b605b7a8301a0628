import { parseArgs } from "node:util";
import { BUILT_IN, type Choices, CLIENTS, SERVERS } from "./choices.ts";
import { UsageError } from "./usage-error.ts";

/** What the command line says. What it does not say is undefined, and asked. */
export interface Arguments {
  readonly folder: string | undefined;
  readonly choices: { readonly [Name in keyof Choices]: Choices[Name] | undefined };
  /** The claim `aud` of the tokens that the project accepts. Default: its name. */
  readonly audience: string | undefined;
  /** The index of tarballs to install instead of what is on npm. */
  readonly packages: string | undefined;
  readonly takesDefaults: boolean;
  /** Whether what was made is printed as JSON. Nothing is asked then, either. */
  readonly wantsJson: boolean;
  readonly wantsHelp: boolean;
}

const OPTIONS = {
  server: { type: "string" },
  client: { type: "string" },
  issuer: { type: "string" },
  audience: { type: "string" },
  packages: { type: "string" },
  yes: { type: "boolean", short: "y", default: false },
  json: { type: "boolean", default: false },
  help: { type: "boolean", short: "h", default: false },
} as const;

/** @throws UsageError when something is not understood */
export function parseArguments(args: readonly string[]): Arguments {
  const { values, positionals } = parse(args);
  const [folder, ...more] = positionals;
  if (more.length > 0) {
    throw new UsageError(`one folder is expected, and not ${positionals.length}`);
  }
  return {
    folder,
    choices: {
      server: assertChoice("--server", values.server, SERVERS),
      client: assertChoice("--client", values.client, CLIENTS),
      issuer: values.issuer === undefined ? undefined : parseIssuer(values.issuer),
    },
    audience: values.audience,
    packages: values.packages,
    takesDefaults: values.yes,
    wantsJson: values.json,
    wantsHelp: values.help,
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
  } catch (error) {
    // Node's sentence names the option; what follows it is about positional arguments.
    throw new UsageError(error instanceof Error ? (error.message.split(". ")[0] ?? "") : String(error));
  }
}

function assertChoice<Name extends string>(
  option: string,
  value: string | undefined,
  table: Readonly<Record<Name, unknown>>,
): Name | undefined {
  if (value === undefined) {
    return undefined;
  }
  const names = Object.keys(table) as Name[]; // the keys of the table
  const found = names.find((name) => name === value);
  if (found === undefined) {
    throw new UsageError(`${option} is one of ${names.join(", ")}, and ${JSON.stringify(value)} is not`);
  }
  return found;
}

/**
 * Parse what `--issuer` names: `built-in`, or an issuer's URL as RFC 8414 §2 has it.
 *
 * @throws UsageError when it is neither
 */
export function parseIssuer(value: string): string {
  if (value === BUILT_IN) {
    return value;
  }
  const url = URL.canParse(value) ? new URL(value) : undefined;
  const isLocal = url?.protocol === "http:" && ["127.0.0.1", "localhost", "[::1]"].includes(url.hostname);
  // What a person pastes is written into a file of settings: one line, and nothing that quotes.
  if (url === undefined || !(url.protocol === "https:" || isLocal) || !/^[\w.:/~[\]%-]+$/.test(value)) {
    throw new UsageError(
      "--issuer is built-in, or the https:// URL of an issuer (http:// on this machine), without query and fragment",
    );
  }
  return value;
}
