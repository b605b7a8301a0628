import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { eventually } from "../../support/eventually.ts";
import type { Command, Processes } from "./processes.ts";

/** A program of the fleet, at a place that stays the same: it can be ended and started again. */
export interface Member {
  readonly name: string;
  /** Start it, and wait until it is ready. */
  start(): Promise<void>;
  /** Send a signal, and wait for the end. */
  end(signal: "SIGTERM" | "SIGKILL" | "SIGQUIT" | "SIGINT"): Promise<void>;
  /** Stop it where it stands. @returns what lets it go on */
  freeze(): () => void;
  /** The last that it printed. */
  output(): string;
}

/** What {@link createMember} needs. */
export interface MemberOptions extends Command {
  readonly name: string;
  /** What it prints when it is ready, or the port that it then listens on. */
  readonly ready: RegExp | number;
}

const MAX_OUTPUT = 16_384;
/** A program may take so long to be ready, on a machine that is busy with others. */
const START_MS = 180_000;

/** Create a member, which is not started yet. */
export function createMember(processes: Processes, { name, ready, ...command }: MemberOptions): Member {
  let child: ChildProcess | undefined;
  let output = "";
  const isReady = (since: string): Promise<boolean> =>
    typeof ready === "number" ? isListening(ready) : Promise.resolve(ready.test(since));
  return {
    name,
    async start() {
      const started = processes.start(command);
      child = started;
      let since = "";
      const keep = (chunk: Buffer): void => {
        since = (since + chunk.toString()).slice(-MAX_OUTPUT);
        output = since;
      };
      started.stdout?.on("data", keep);
      started.stderr?.on("data", keep);
      const isUp = async (): Promise<true | undefined> => {
        if (started.exitCode !== null || started.signalCode !== null) {
          throw new Error(`${name} ended before it was ready: ${since}`);
        }
        return (await isReady(since)) || undefined;
      };
      await eventually(isUp, { timeoutMs: START_MS }).catch((cause: unknown) => {
        throw new Error(`${name} was not ready in time, and printed: ${since}`, { cause });
      });
    },
    async end(signal) {
      const ending = child;
      if (ending === undefined || ending.exitCode !== null || ending.signalCode !== null) {
        return;
      }
      const ended = once(ending, "exit");
      ending.kill(signal);
      await ended;
    },
    freeze: () => (child === undefined ? () => undefined : processes.freeze(child)),
    output: () => output,
  };
}

async function isListening(port: number): Promise<boolean> {
  const socket = connect(port, "127.0.0.1");
  try {
    await once(socket, "connect");
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
