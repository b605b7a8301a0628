/** One setting of the server: an option of the command line and a variable of the environment. */
export interface Setting<T, Fallback extends string | undefined = string | undefined> {
  /** The option, without its dashes. */
  readonly flag: string;
  /** The variable. */
  readonly variable: string;
  /** What stands for the value in help texts; undefined for a switch. */
  readonly placeholder: string | undefined;
  /** What it does, in one line. */
  readonly help: string;
  /** The value that holds when it is not set, as text; undefined: it has none. */
  readonly fallback: Fallback;
  /** Read the value. @throws UsageError when the text means nothing */
  readonly parse: (text: string, flag: string) => T;
}

type SettingParts<T, Fallback> = readonly [
  flag: string,
  help: string,
  fallback: Fallback,
  parse: Setting<T>["parse"],
  placeholder?: string,
];

/** Describe a setting; its variable has the name of the option. */
export function setting<T, Fallback extends string | undefined>(
  ...[flag, help, fallback, parse, placeholder]: SettingParts<T, Fallback>
): Setting<T, Fallback> {
  const variable = `COUNTERSIGN_${flag.replaceAll("-", "_").toUpperCase()}`;
  return { flag, variable, placeholder, help, fallback, parse };
}
