import { fileURLToPath } from "node:url";
import { NODE_24 } from "../support/node24.ts";
import { type RunningProgram, startProgram } from "../support/program.ts";

/** The servers that users put our gate into, by what they are made with, and what they speak. */
export const ADAPTERS = {
  listen: { versions: [1, 2], isSecure: false },
  "node:http": { versions: [1], isSecure: false },
  "node:https": { versions: [1], isSecure: true },
  "node:http2": { versions: [2], isSecure: false },
  "node:http2 with TLS": { versions: [1, 2], isSecure: true },
  Express: { versions: [1], isSecure: false },
  "Fastify, HTTP/1.1": { versions: [1], isSecure: false },
  "Fastify, HTTP/2": { versions: [2], isSecure: false },
} as const satisfies Record<string, { versions: readonly (1 | 2)[]; isSecure: boolean }>;

export type AdapterName = keyof typeof ADAPTERS;

/** How users hold off what is not well-formed: what `createAuth` returns, or `guardNodeServer` without its `contextValues`. */
export type GuardWay = "spread" | "guarded";

/** One server of each kind, all in one process. */
export interface Adapters extends AsyncDisposable {
  readonly ports: Readonly<Record<AdapterName, number>>;
  readonly program: RunningProgram;
}

const MAIN = fileURLToPath(new URL("adapter-server.ts", import.meta.url));

/** The Nodes that servers run on. */
export const NODES: Readonly<Record<string, string>> = {
  "this Node": process.execPath,
  ...(NODE_24 === undefined ? {} : { "Node 24": NODE_24 }),
};

/** Start the servers, and wait until all of them listen. */
export async function startAdapters(way: GuardWay, node: string = process.execPath): Promise<Adapters> {
  const program = startProgram({ file: node, args: ["--conditions=@countersign/source", MAIN, way] });
  const [, ports = ""] = await program.untilPrinted(/ports (\{.*\})/);
  return {
    ports: JSON.parse(ports),
    program,
    [Symbol.asyncDispose]: () => program[Symbol.asyncDispose](),
  };
}
