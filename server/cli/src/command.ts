import type { Environment, Fallbacks } from "./config.ts";

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
  /** Ask for a line that is not shown; undefined when nobody sits at the terminal. */
  askSecret(question: string): Promise<string | undefined>;
  /** Call back each time the process is asked to open its files anew (SIGHUP). @returns what ends the calls */
  onHangup(listener: () => void): () => void;
  /** Resolves when the process is asked to stop. */
  readonly stopped: Promise<string>;
}

/** One command of `countersign`. */
export interface Command {
  /** Its name. */
  readonly name: string;
  /** What it does, in one line. */
  readonly summary: string;
  /** Its help text, without the settings of the server. */
  readonly usage: string;
  /** The settings that its help text lists; undefined: none, "all": every one. */
  readonly settings?: "all" | "store";
  /** Defaults of its own. */
  readonly fallbacks?: Fallbacks;
  /**
   * Run it.
   *
   * @param args the words behind its name
   * @throws UsageError when it was called wrongly, CommandError when something outside is wrong
   */
  run(args: readonly string[], terminal: Terminal): Promise<void>;
}
