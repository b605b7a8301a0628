import { type Child, startChild } from "../run/child.ts";
import type { Latencies, LoadKind, LoadOptions } from "./load.ts";

/** Good calls at a steady pace. */
export interface SteadyOptions extends Pick<LoadOptions, "port" | "token" | "seconds" | "call"> {
  readonly callsPerSecond: number;
  /** Default: one. */
  readonly connections?: number;
}

/** Connections to keep open. */
export type HoldOptions = Pick<LoadOptions, "port" | "token" | "connections">;

/** A client in a process of its own, on the core of load. */
export interface LoadChild extends AsyncDisposable {
  /** Make good calls as fast as answers come. @returns calls per second */
  saturate(options: LoadOptions): Promise<number>;
  /** Make calls with forged tokens as fast as refusals come. @returns refusals per second */
  flood(options: LoadOptions): Promise<number>;
  /** Make good calls at a steady pace, each timed from the moment at which it was due. */
  steady(options: SteadyOptions): Promise<Latencies>;
  /** Open connections, make one call on each, and keep them open until {@link release}. */
  hold(options: HoldOptions): Promise<void>;
  release(): Promise<void>;
}

/** Start a client; disposing of it ends its process. */
export function startLoad(): LoadChild {
  const child: Child = startChild(new URL("./main.ts", import.meta.url), { core: "load" });
  return {
    saturate: (options) => child.ask("saturate", options),
    flood: (options) => child.ask("flood", options),
    steady: (options) => child.ask("steady", options),
    hold: (options) => child.ask("hold", options),
    release: () => child.ask("release"),
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
      pace: (options) => child.steady(options),
      [Symbol.asyncDispose]: () => child[Symbol.asyncDispose](),
    };
  },
};
