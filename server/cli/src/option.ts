/** An option of the command line. */
export interface Option {
  /** What stands for its value in help texts, such as `SCOPE`. Absent: it is a switch. */
  readonly placeholder?: string | undefined;
  /** Whether it may be given more than once. Default: false. */
  readonly isRepeatable?: boolean;
  /** What it does. */
  readonly help: string;
  /** The value that holds when it is not given, as text. Absent: there is none. */
  readonly fallback?: string | undefined;
}

/** Switches and options that several commands have. */
export const JSON_OPTION: Option = { help: "Print JSON." };
export const LOGIN_USER_OPTION: Option = {
  placeholder: "NAME",
  help: "The login of this user. Default: the last that was made.",
};

/** Write an option as it is typed, such as `--scope SCOPE`. */
export function formatOption(name: string, { placeholder }: Option): string {
  return `--${name}${placeholder === undefined ? "" : ` ${placeholder}`}`;
}
