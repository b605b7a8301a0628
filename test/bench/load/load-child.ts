import { type Child, startChild } from "../run/child.ts";
import type { LoadKind, LoadOptions } from "./load.ts";

/** Good calls at a steady pace. */
export interface SteadyOptions {
  readonly port: number;
  readonly token: string;
  readonly callsPerSecond: number;
  readonly seconds: number;
}

/** How long the steady calls took, each from the moment at which it was due. */
export interface Latencies {
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** A client in a process of its own, on the core of load. */
export interface LoadChild extends AsyncDisposable {
  /** Make good calls as fast as answers come. @returns calls per second */
  saturate(options: LoadOptions): Promise<number>;
  /** Make calls with forged tokens as fast as refusals come. @returns refusals per second */
  flood(options: LoadOptions): Promise<number>;
  /** Make good calls at a steady pace. */
  steady(options: SteadyOptions): Promise<Latencies>;
}

/** Start a client; disposing of it ends its process. */
export function startLoad(): LoadChild {
  const child: Child = startChild(new URL("./main.ts", import.meta.url), { core: "load" });
  return {
    saturate: (options) => child.ask("saturate", options),
    flood: (options) => child.ask("flood", options),
    steady: (options) => child.ask("steady", options),
    [Symbol.asyncDispose]: () => child[Symbol.asyncDispose](),
  };
}

/** The load of a Node client, for machines without h2load. */
export const nodeLoad: LoadKind = {
  name: "a client on Node's http2 (it may be the limit here: install h2load for more load)",
  start: () => {
    const child = startLoad();
    return {
      run: (options) => child.saturate(options),
      [Symbol.asyncDispose]: () => child[Symbol.asyncDispose](),
    };
  },
};
