import { parseArgs } from "node:util";
import { SETTING_ENTRIES, type SETTINGS, type Setting, type SettingName } from "./settings.ts";
import { UsageError } from "./usage-error.ts";

/** The settings of one run, read and checked. A setting with a default is never undefined. */
export type Config = {
  readonly [Name in keyof typeof SETTINGS]: (typeof SETTINGS)[Name] extends Setting<infer T, infer Fallback>
    ? T | (Fallback extends string ? never : undefined)
    : never;
};

/** The environment of the process, as it came. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Defaults that a command has instead of the general ones, as text. */
export type Fallbacks = Readonly<Partial<Record<keyof Config, string>>>;

/** Options of a single command, in the form of node:util's parseArgs. */
export type CommandOptions = Readonly<
  Record<string, { readonly type: "string" | "boolean"; readonly multiple?: boolean }>
>;

/** What a command was called with. */
export interface CommandLine {
  /** The settings of the server. */
  readonly config: Config;
  /** The settings that were set, by the command line or the environment. */
  readonly given: ReadonlySet<SettingName>;
  /** The command's own options. */
  readonly values: Readonly<Record<string, string | boolean | readonly (string | boolean)[] | undefined>>;
  /** The words that are no options. */
  readonly words: readonly string[];
}

/**
 * Read the command line and the environment. The command line goes before the environment, and both before the
 * defaults.
 *
 * @param args the words behind the command
 * @param env the environment
 * @param own the command's own options
 * @param fallbacks defaults that this command has instead of the general ones
 * @throws UsageError when an option is unknown or a value means nothing
 */
export function readCommandLine(
  args: readonly string[],
  env: Environment,
  { own = {}, fallbacks = {} }: { readonly own?: CommandOptions; readonly fallbacks?: Fallbacks } = {},
): CommandLine {
  const { values, positionals } = parse(args, own);
  const given = new Map(
    SETTING_ENTRIES.map(
      ([name, { flag, variable }]) => [name, values[flag] ?? nonEmpty(env[variable])] as const,
    ),
  );
  const config = Object.fromEntries(
    SETTING_ENTRIES.map(([name, setting]) => {
      const text = given.get(name) ?? fallbacks[name] ?? setting.fallback;
      return [name, text === undefined ? undefined : setting.parse(String(text), setting.flag)];
    }),
  ) as Config; // one entry for each member, each parsed by the parser of its type
  const names = SETTING_ENTRIES.map(([name]) => name).filter((name) => given.get(name) !== undefined);
  return { config, given: new Set(names), values, words: positionals };
}

function parse(args: readonly string[], own: CommandOptions) {
  const shared: CommandOptions = Object.fromEntries(
    SETTING_ENTRIES.map(([, { flag, placeholder }]) => [
      flag,
      { type: placeholder === undefined ? ("boolean" as const) : ("string" as const) },
    ]),
  );
  try {
    return parseArgs({
      args: [...args],
      options: { ...shared, ...own },
      allowPositionals: true,
      strict: true,
    });
  } catch (error) {
    throw new UsageError(
      error instanceof Error
        ? (error.message.split(". ", 1)[0] ?? error.message)
        : "the options cannot be read",
    );
  }
}

/** The values of an option that may be given more than once. */
export function namesOf(value: CommandLine["values"][string]): readonly string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

/** A variable that is set to nothing is not set: shells and composers of containers do that. */
function nonEmpty(value: string | undefined): string | undefined {
  return value === "" ? undefined : value;
}
