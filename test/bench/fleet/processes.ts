import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { hasProgram } from "../run/machine.ts";

/** A program to run. */
export interface Command {
  readonly args: readonly string[];
  readonly options?: Pick<SpawnOptions, "cwd" | "env" | "uid" | "gid">;
}

/** The processes of a fleet. None outlives this one, however it ends. */
export interface Processes extends AsyncDisposable {
  /** Start a program. What it prints is on its two pipes. */
  start(command: Command): ChildProcess;
  /** Stop a process and its children where they stand (SIGSTOP). @returns what lets them go on */
  freeze(child: ChildProcess): () => void;
}

/** Create an empty set of processes. */
export function createProcesses(): Processes {
  const running = new Set<ChildProcess>();
  const frozen = new Set<() => void>();
  // The kernel ends a program whose parent was killed, when this one cannot.
  const guard = hasProgram("setpriv") ? ["setpriv", "--pdeathsig", "KILL"] : [];
  const killAll = (): void => {
    for (const thaw of frozen) {
      thaw();
    }
    for (const child of running) {
      child.kill("SIGKILL");
    }
  };
  process.once("exit", killAll);
  return {
    start({ args, options }) {
      const [file = "", ...rest] = [...guard, ...args];
      const child = spawn(file, rest, { ...options, stdio: ["ignore", "pipe", "pipe"] });
      running.add(child);
      child.once("exit", () => running.delete(child));
      return child;
    },
    freeze(child) {
      const pids = [child.pid ?? 0, ...childrenOf(child.pid ?? 0)];
      signalAll(pids, "SIGSTOP");
      const thaw = (): void => {
        signalAll(pids, "SIGCONT");
        frozen.delete(thaw);
      };
      frozen.add(thaw);
      return thaw;
    },
    async [Symbol.asyncDispose]() {
      process.off("exit", killAll);
      const ended = [...running].map((child) => once(child, "exit"));
      killAll();
      await Promise.all(ended);
    },
  };
}

function signalAll(pids: readonly number[], signal: "SIGSTOP" | "SIGCONT"): void {
  for (const pid of pids) {
    try {
      process.kill(pid, signal);
    } catch {
      // It has ended meanwhile.
    }
  }
}

/** Find the children of a process, by Linux' list of processes. */
function childrenOf(parent: number): readonly number[] {
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return pids.map(Number).filter((pid) => parentOf(pid) === parent);
}

function parentOf(pid: number): number | undefined {
  try {
    // The name of the program, which may hold anything, is in brackets before it.
    return Number(/\) \S (\d+) /.exec(readFileSync(`/proc/${pid}/stat`, "utf8"))?.[1]);
  } catch {
    return undefined;
  }
}
