import type { CommandLine, Environment, Fallbacks } from "./config.ts";
import type { Option } from "./option.ts";
import type { SettingName } from "./settings.ts";

/** What a command sees of the world outside. */
export interface Terminal {
  /** The environment of the process. */
  readonly env: Environment;
  /** Print a line on standard output: results. */
  readonly print: (line: string) => void;
  /** Print a line on standard error: progress, logs and errors. */
  readonly warn: (line: string) => void;
  /** Read all of standard input. */
  readInput(): Promise<string>;
  /**
   * Ask for a line that is not shown; undefined when standard input is no terminal.
   *
   * @throws InterruptedError when the user ends the question with Ctrl-C or Ctrl-D
   */
  askSecret(question: string): Promise<string | undefined>;
  /**
   * Ask a question of yes and no; undefined when standard input is no terminal.
   *
   * @throws InterruptedError when the user ends the question with Ctrl-C or Ctrl-D
   */
  confirm(question: string): Promise<boolean | undefined>;
  /** Call back each time the process is asked to open its files anew (SIGHUP). @returns what ends the calls */
  onHangup(listener: () => void): () => void;
  /** Resolves when the process is asked to stop. */
  readonly stopped: Promise<string>;
}

/** One action of a command, as `add` of `countersign user add`. */
export interface Action {
  /** What it does. */
  readonly help: readonly string[];
  /** What its one argument stands for, such as `NAME`. Absent: it takes none. */
  readonly argument?: string;
  /** Whether the argument may be left out. Default: false. */
  readonly isArgumentOptional?: boolean;
  /** The options that it takes, of those of the command. */
  readonly options: readonly string[];
}

/** What an action is called with. */
export interface Call {
  /** The arguments of the command line behind the name of the command. */
  readonly args: readonly string[];
  readonly line: CommandLine;
  readonly terminal: Terminal;
  /** Its argument; empty when there is none. */
  readonly argument: string;
}

/** Run an action. @throws UsageError when it is called wrongly, CommandError when something outside is wrong */
export type RunAction = (call: Call) => Promise<void>;

/** The name of the one action of a command that has no others. */
export const ONLY_ACTION = "";

/** One command of `countersign`: what its help and the reading of its command line need, without what runs it. */
export interface Command<Name extends string = string> {
  readonly name: string;
  /** What it does, in one line. */
  readonly summary: string;
  /** What else users must know, for its help text. */
  readonly about: readonly string[];
  /** Its actions. A command of one action names it {@link ONLY_ACTION}. */
  readonly actions: Readonly<Record<Name, Action>>;
  /** The options of its actions. */
  readonly options: Readonly<Record<string, Option>>;
  /** The settings that it takes as options. */
  readonly settings: readonly SettingName[];
  /** Defaults of its own. */
  readonly fallbacks?: Fallbacks;
  /** Load what runs its actions: a command loads the server only when it needs it. */
  load(): Promise<Readonly<Record<NoInfer<Name>, RunAction>>>;
}

/** Define a command whose every action has what runs it. */
export function defineCommand<Name extends string>(command: Command<Name>): Command {
  return command;
}
