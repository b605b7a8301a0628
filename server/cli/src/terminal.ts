import { createInterface, type Interface } from "node:readline/promises";
import { Writable } from "node:stream";
import { text } from "node:stream/consumers";
import type { Terminal } from "./command.ts";
import { InterruptedError } from "./usage-error.ts";
import { WORKER_ORIGIN } from "./workers/messages.ts";

/** Bind a terminal to a process. */
export function createTerminal(process: NodeJS.Process): Terminal {
  const { promise, resolve } = Promise.withResolvers<string>();
  // A reader of our output may stop early, as `head` does: that ends the command, and is no failure of it.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") {
      throw error;
    }
    process.exit();
  });
  let isListening = false;
  const leaveToCommand = endAsFirstProcess(process);
  return {
    env: process.env,
    print: (line) => void process.stdout.write(`${line}\n`),
    warn: (line) => void process.stderr.write(`${line}\n`),
    readInput: () => text(process.stdin),
    askSecret: (question) =>
      process.stdin.isTTY ? askHidden(process, question) : Promise.resolve(undefined),
    confirm: async (question) =>
      process.stdin.isTTY ? /^y(?:es)?$/i.test(await askShown(process, question)) : undefined,
    onHangup(listener) {
      process.on("SIGHUP", listener);
      return () => void process.off("SIGHUP", listener);
    },
    /** Signals are caught only once a command waits for them: other commands die of Ctrl-C at once. */
    get stopped() {
      if (!isListening) {
        isListening = true;
        leaveToCommand();
        catchFirst(process, resolve);
      }
      return promise;
    },
  };
}

/**
 * End at a signal to stop, until a command waits for one. Signals end any other process without that, but not the first one of a
 * container, which would outlive `docker stop` while it starts.
 *
 * @returns what ends that
 */
function endAsFirstProcess(process: NodeJS.Process): () => void {
  const end = (_: string, number: number): void => process.exit(128 + number);
  if (process.pid !== 1) {
    return () => undefined;
  }
  process.on("SIGINT", end);
  process.on("SIGTERM", end);
  return () => {
    process.off("SIGINT", end);
    process.off("SIGTERM", end);
  };
}

/**
 * Catch the first signal to stop. The second one ends the process at once, also while it stops. A worker gets a second one
 * whenever its whole group is signalled, as by Ctrl-C, and ends with the process that started it.
 */
function catchFirst(process: NodeJS.Process, onSignal: (signal: string) => void): void {
  const isWorker = process.env[WORKER_ORIGIN] !== undefined;
  const listener = (signal: string): void => {
    onSignal(signal);
    if (!isWorker) {
      process.off("SIGINT", listener);
      process.off("SIGTERM", listener);
    }
  };
  process.on("SIGINT", listener);
  process.on("SIGTERM", listener);
}

/** Ask without showing what is typed. @throws InterruptedError when the question is ended by Ctrl-C or Ctrl-D */
async function askHidden(process: NodeJS.Process, question: string): Promise<string> {
  process.stderr.write(question);
  const hidden = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: process.stdin, output: hidden, terminal: true });
  try {
    return await answerOf(lines, question, "no password was given, and nothing has changed");
  } finally {
    process.stderr.write("\n");
  }
}

/** @throws InterruptedError when the question is ended by Ctrl-C or Ctrl-D */
async function askShown(process: NodeJS.Process, question: string): Promise<string> {
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  return (await answerOf(lines, question, "nothing has changed")).trim();
}

async function answerOf(lines: Interface, question: string, reason: string): Promise<string> {
  const { promise: closed, reject } = Promise.withResolvers<never>();
  // Ctrl-C and Ctrl-D close the interface; after Ctrl-D, its question would never be answered.
  lines.once("close", () => reject(new InterruptedError(reason)));
  const answer = lines.question(question);
  // It is rejected by Ctrl-C, too, behind what says so here.
  answer.catch(() => undefined);
  try {
    return await Promise.race([answer, closed]);
  } finally {
    closed.catch(() => undefined);
    lines.close();
  }
}
