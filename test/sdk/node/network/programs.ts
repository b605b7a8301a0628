import { fileURLToPath } from "node:url";
import { bundleProgram } from "../../../support/bundled-program.ts";
import { type ProgramResult, type RunningProgram, startProgram } from "../../../support/program.ts";

const SERVER = fileURLToPath(new URL("server.ts", import.meta.url));
const CALLER = fileURLToPath(new URL("caller.ts", import.meta.url));

/** How the calls of a program travel. */
export interface Way {
  readonly protocol: "grpc" | "grpc-web" | "connect";
  readonly httpVersion: "1.1" | "2";
}

/** Every way that a transport offers. */
export const WAYS: readonly Way[] = [
  { protocol: "grpc", httpVersion: "2" },
  { protocol: "grpc-web", httpVersion: "2" },
  { protocol: "connect", httpVersion: "2" },
  { protocol: "grpc-web", httpVersion: "1.1" },
  { protocol: "connect", httpVersion: "1.1" },
];

/** The ways that are tried on a Node: on an older one, one over each version of HTTP. */
export function waysOn(node: string): readonly Way[] {
  const some = WAYS.filter(
    ({ protocol, httpVersion }) => protocol === "grpc" || (protocol === "connect" && httpVersion === "1.1"),
  );
  return node === process.execPath ? WAYS : some;
}

/** A server that listens. */
export interface ServerProgram extends AsyncDisposable {
  readonly port: number;
  readonly program: RunningProgram;
}

/** Start a server. @param port absent: any that is free */
export async function startNetworkServer(port = 0): Promise<ServerProgram> {
  const args = [await bundleProgram(SERVER), String(port)];
  const program = startProgram({ file: process.execPath, args });
  const [, listening] = await program.untilPrinted(/port (\d+)/);
  return {
    port: Number(listening),
    program,
    [Symbol.asyncDispose]: () => program[Symbol.asyncDispose](),
  };
}

/** How often calls failed, by code and message. */
export type Failures = Readonly<Record<string, number>>;

/** A program that makes calls, and goes on when they fail. */
export interface CallerProgram extends AsyncDisposable {
  /** How often its calls have begun to pass, the first time included. */
  readonly untilPassing: (times: number) => Promise<unknown>;
  /** End it. Answers what failed. */
  readonly end: () => Promise<Failures>;
}

/** What a caller is started with. */
export interface CallerOptions extends Way {
  readonly port: number;
  readonly node?: string;
  readonly pingMs?: readonly [interval: number, timeout: number];
}

/** Start a program that calls a server. */
export async function startCaller(options: CallerOptions): Promise<CallerProgram> {
  const { port, protocol, httpVersion, node = process.execPath, pingMs = [] } = options;
  const args = [`http://127.0.0.1:${port}`, protocol, httpVersion, ...pingMs.map(String)];
  const program = startProgram({ file: node, args: [await bundleProgram(CALLER), ...args] });
  return {
    untilPassing: (times) => program.untilPrinted(new RegExp(`calls pass for the ${times}\\.`)),
    end: async () => failuresOf(await program.end("SIGTERM")),
    [Symbol.asyncDispose]: () => program[Symbol.asyncDispose](),
  };
}

/** The failures that say something else of the network than `Unavailable`. */
export function notUnavailable(failures: Failures): string {
  const names = Object.keys(failures).filter((name) => !name.startsWith("Unavailable: "));
  return names.join("\n");
}

function failuresOf({ code, stdout, stderr }: ProgramResult): Failures {
  const [, failures] = /failures (\{.*\})/.exec(stdout) ?? [];
  if (code !== 0 || failures === undefined) {
    throw new Error(`the program has ended (${code}):\n${stderr}`);
  }
  return JSON.parse(failures);
}
