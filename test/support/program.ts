import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";

/** What to run, and with what. */
export interface ProgramOptions {
  readonly file: string;
  readonly args: readonly string[];
  /** Default: the repository's folder for tests. */
  readonly cwd?: string;
  /** Added to the environment of the tests; of what begins with COUNTERSIGN_, only {@link PASSED_ON} is passed on. */
  readonly env?: Readonly<Record<string, string>>;
  /** Sent to its standard input. Default: nothing. */
  readonly input?: string;
}

/** How a program ended. */
export interface ProgramResult {
  /** Its exit code; undefined when a signal ended it. */
  readonly code: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** A program that was started. */
export interface RunningProgram extends AsyncDisposable {
  readonly pid: number;
  readonly ended: Promise<ProgramResult>;
  /** What it wrote so far. */
  output(): Omit<ProgramResult, "code">;
  /** Wait for text on its standard output. Rejects with all that it wrote when it ends before. */
  untilPrinted(pattern: RegExp): Promise<RegExpExecArray>;
  /** Send a signal and wait for its end. */
  end(signal: "SIGTERM" | "SIGINT" | "SIGKILL"): Promise<ProgramResult>;
}

/** Start a program; disposing of it kills it. */
export function startProgram(options: ProgramOptions): RunningProgram {
  const child = spawn(options.file, options.args, { cwd: options.cwd, env: environment(options.env) });
  // A worker that ends before its tests have tidied up leaves nothing running.
  const killWithWorker = () => void child.kill("SIGKILL");
  process.once("exit", killWithWorker);
  child.once("close", () => process.off("exit", killWithWorker));
  const text = { stdout: "", stderr: "" };
  const watchers = new Set<() => void>();
  const collect = (name: "stdout" | "stderr") => (chunk: string) => {
    text[name] += chunk;
    for (const watcher of watchers) {
      watcher();
    }
  };
  child.stdout.setEncoding("utf8").on("data", collect("stdout"));
  child.stderr.setEncoding("utf8").on("data", collect("stderr"));
  // A program that does not read its input may be gone before it was written.
  child.stdin.on("error", () => {});
  child.stdin.end(options.input ?? "");
  const ended = resultOf(child, text);

  const end = (signal: "SIGTERM" | "SIGINT" | "SIGKILL") => {
    child.kill(signal);
    return ended;
  };
  return {
    pid: child.pid ?? Number.NaN,
    ended,
    output: () => ({ ...text }),
    untilPrinted: (pattern) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const match = pattern.exec(text.stdout);
          if (match !== null) {
            resolve(match);
          }
        };
        watchers.add(look);
        look();
        const why = (result: ProgramResult) =>
          new Error(`ended (${result.code}) before it printed ${pattern}:\n${result.stdout}${result.stderr}`);
        ended.then((result) => reject(why(result)), reject);
      }),
    end,
    [Symbol.asyncDispose]: async () => void (await end("SIGKILL")),
  };
}

/** Run a program to its end. */
export function runProgram(options: ProgramOptions): Promise<ProgramResult> {
  return startProgram(options).ended;
}

async function resultOf(child: ChildProcess, text: Omit<ProgramResult, "code">): Promise<ProgramResult> {
  const [code] = await once(child, "close");
  return { code: typeof code === "number" ? code : undefined, ...text };
}

/** Set by the run of the tests as a whole: which of its two ways the server handles unary calls. */
const PASSED_ON = "COUNTERSIGN_UNARY_FAST_PATH";

function environment(added: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(
    ([name]) => name === PASSED_ON || !name.startsWith("COUNTERSIGN_"),
  );
  return { ...Object.fromEntries(inherited), ...added };
}
