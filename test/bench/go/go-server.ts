import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import type { PublicKeys } from "../fixture/tokens.ts";
import { assignCores, onCore } from "../run/machine.ts";
import type { WireServer } from "../wire/wire-server.ts";
import type { GoProgram } from "./build-server.ts";

/** The name of the side that it is. */
export const GO_SIDE = "grpc-go-jwt";

/** Start the server that is written in Go, on the core of servers; disposing of it ends its process. */
export async function startGoServer({ path }: GoProgram, { pem }: PublicKeys): Promise<WireServer> {
  const [file = path, ...args] = onCore(assignCores().server, [path, pem]);
  // It ends with its input, so that it never outlives this process.
  const child = spawn(file, args, { stdio: ["pipe", "pipe", "inherit"] });
  const ended = once(child, "exit");
  const ask = readNumbers(child.stdout);
  const stop = async (): Promise<void> => {
    child.kill("SIGKILL");
    await ended;
  };
  try {
    const port = await ask();
    const cpuMicroseconds = (): Promise<number> => {
      child.stdin.write("\n");
      return ask();
    };
    return { port, cpuMicroseconds, [Symbol.asyncDispose]: stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** @returns reads the next number that the process writes, and rejects when it ends without one */
function readNumbers(output: Readable): () => Promise<number> {
  const lines = createInterface(output)[Symbol.asyncIterator]();
  return async () => {
    const { done, value } = await lines.next();
    if (done === true) {
      throw new Error("the server in Go has ended");
    }
    return Number(value);
  };
}
