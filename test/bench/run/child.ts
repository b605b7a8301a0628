import { spawn } from "node:child_process";
import { once } from "node:events";
import { assignCores, onCore } from "./machine.ts";

/** A file of this folder that runs in a process of its own and answers questions. */
export interface Child extends AsyncDisposable {
  /** The operating system's number of the process. */
  readonly pid: number | undefined;
  /** Put a question. Rejects with what the other side threw, or when it ends without an answer. */
  ask<Answer>(question: string, input?: unknown): Promise<Answer>;
}

/** How a child is to be run. */
export interface ChildOptions {
  /** The core that it is tied to. */
  readonly core: keyof ReturnType<typeof assignCores>;
  /** Options of Node. */
  readonly nodeOptions?: readonly string[];
  /** Whether packages of this repository are loaded from their sources. Default: true. */
  readonly usesSources?: boolean;
}

/** A question on its way, or the answer on its way back. */
export interface Envelope {
  readonly id: number;
  readonly question: string;
  readonly content: unknown;
  readonly error?: string;
}

/** Start a file of this folder in a process of its own; disposing of it ends it. */
export function startChild(file: URL, { core, nodeOptions = [], usesSources = true }: ChildOptions): Child {
  const conditions = usesSources ? ["--conditions=@countersign/source"] : [];
  const node = [process.execPath, ...conditions, ...nodeOptions, file.pathname];
  const [program = process.execPath, ...args] = onCore(assignCores()[core], node);
  const child = spawn(program, args, { stdio: ["ignore", "inherit", "inherit", "ipc"] });
  const waiting = new Map<number, (answer: Envelope) => void>();
  const ended = once(child, "exit");
  child.on("message", (answer: Envelope) => waiting.get(answer.id)?.(answer));
  // A child that is gone answers no more: whoever still waits is told, and not left hanging.
  child.on("exit", (code, signal) => {
    for (const [id, answer] of waiting) {
      answer({
        id,
        question: "",
        content: undefined,
        error: `${file.pathname} ended with ${code ?? signal}`,
      });
    }
  });
  let count = 0;
  return {
    pid: child.pid,
    ask: <Answer>(question: string, input?: unknown) =>
      new Promise<Answer>((resolve, reject) => {
        const id = count++;
        waiting.set(id, ({ content, error }) => {
          waiting.delete(id);
          // The other end is a file of this folder, and says in its own types what it answers.
          if (error === undefined) {
            resolve(content as Answer);
          } else {
            reject(new Error(error));
          }
        });
        child.send({ id, question, content: input } satisfies Envelope, (error) => {
          if (error !== null) {
            waiting.get(id)?.({ id, question, content: undefined, error: error.message });
          }
        });
      }),
    [Symbol.asyncDispose]: async () => {
      child.kill("SIGKILL");
      await ended;
    },
  };
}
