import { parseArgs } from "node:util";
import { formatOption, type Option } from "./option.ts";
import type { Setting } from "./setting.ts";
import { SETTING_ENTRIES, SETTING_NAMES, SETTINGS, type SettingName } from "./settings.ts";
import { askIfMeant } from "./similar-name.ts";
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

/** What a command line may say. */
export interface CommandLineOptions {
  /** The command's own options. Default: none. */
  readonly options?: Readonly<Record<string, Option>>;
  /** The settings that are options of the command. Default: all. */
  readonly settings?: readonly SettingName[];
  /** Defaults that this command has instead of the general ones. */
  readonly fallbacks?: Fallbacks | undefined;
}

/** What a command was called with. */
export interface CommandLine {
  /** The settings of the server. */
  readonly config: Config;
  /** The settings that were set, by the command line or the environment. */
  readonly given: ReadonlySet<SettingName>;
  /** The command's own options. */
  readonly values: Readonly<Record<string, string | boolean | readonly (string | boolean)[] | undefined>>;
  /** The arguments that are no options. */
  readonly positionals: readonly string[];
}

/**
 * Read the command line and the environment. The command line goes before the environment, and both before the
 * defaults.
 *
 * @param args the arguments behind the command
 * @param env the environment
 * @throws UsageError when an option is unknown or a value means nothing
 */
export function readCommandLine(
  args: readonly string[],
  env: Environment,
  { options = {}, settings = SETTING_NAMES, fallbacks = {} }: CommandLineOptions = {},
): CommandLine {
  const shared = Object.fromEntries(settings.map((name) => [SETTINGS[name].flag, SETTINGS[name]]));
  const { values, positionals } = parse(args, { ...shared, ...options });
  const given = new Map(
    SETTING_ENTRIES.map(([name, { flag, variable }]) => {
      const typed = Object.hasOwn(shared, flag) ? values[flag] : undefined;
      return [name, typed ?? nonEmpty(env[variable])] as const;
    }),
  );
  const config = Object.fromEntries(
    SETTING_ENTRIES.map(([name, setting]) => {
      const text = given.get(name) ?? fallbacks[name] ?? setting.fallback;
      return [name, text === undefined ? undefined : setting.parse(String(text), setting.flag)];
    }),
  ) as Config; // one entry for each member, each parsed by the parser of its type
  const names = SETTING_NAMES.filter((name) => given.get(name) !== undefined);
  return { config, given: new Set(names), values, positionals };
}

/** The id of a session or of a key, which is random and may begin with a dash: no option has this form. */
const DASHED_ID = /^-\w(?:[\w-]{20}|[\w-]{41})$/;

type KnownOptions = Readonly<Record<string, Option>>;

function parse(args: readonly string[], known: KnownOptions) {
  const options = Object.fromEntries(
    Object.entries(known).map(([name, { placeholder, isRepeatable = false }]) => [
      name,
      {
        type: placeholder === undefined ? ("boolean" as const) : ("string" as const),
        multiple: isRepeatable,
      },
    ]),
  );
  const dashed = args.includes("--") ? [] : args.filter((arg) => DASHED_ID.test(arg));
  const ordered =
    dashed.length === 0 ? [...args] : [...args.filter((arg) => !dashed.includes(arg)), "--", ...dashed];
  // Not strict: what is wrong is said below, with the option that was probably meant.
  const parsed = parseArgs({ args: ordered, options, allowPositionals: true, strict: false, tokens: true });
  for (const token of parsed.tokens) {
    if (token.kind === "option") {
      assertOption(token, known);
    }
  }
  return parsed;
}

interface OptionToken {
  readonly name: string;
  readonly rawName: string;
  readonly value: string | undefined;
  readonly inlineValue: boolean | undefined;
}

function assertOption({ name, rawName, value, inlineValue }: OptionToken, known: KnownOptions): void {
  const option = rawName.startsWith("--") && Object.hasOwn(known, name) ? known[name] : undefined;
  if (option === undefined) {
    throw new UsageError(`unknown option ${rawName}${askIfMeant(name, Object.keys(known), "--")}`);
  }
  if (option.placeholder === undefined && value !== undefined) {
    throw new UsageError(`${rawName} is a switch and takes no value`);
  }
  if (option.placeholder !== undefined && value === undefined) {
    throw new UsageError(`${rawName} needs a value: ${formatOption(name, option)}`);
  }
  if (inlineValue === false && value?.startsWith("-") && value !== "-") {
    throw new UsageError(`${rawName} needs a value; one that begins with a dash is written as ${rawName}=-x`);
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
