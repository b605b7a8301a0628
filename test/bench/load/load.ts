import type { CallName } from "../fixture/calls.ts";

/** What to send, and for how long. */
export interface LoadOptions {
  readonly port: number;
  /** The token of every call; absent: without one. */
  readonly token?: string;
  readonly connections: number;
  /** How many calls are under way on each connection at any time; over HTTP/1.1 it must be 1. */
  readonly callsPerConnection: number;
  readonly seconds: number;
  /** Which call. Default: the echo over gRPC. */
  readonly call?: CallName;
}

/** How long calls took. */
export interface Latencies {
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** Sends calls to the echo. Every answer is checked. */
export interface Load extends AsyncDisposable {
  /** Call as fast as answers come. @returns good calls per second */
  run(options: LoadOptions): Promise<number>;
  /** Call at a steady pace. @param options without a limit to the calls under way */
  pace(options: LoadOptions & { readonly callsPerSecond: number }): Promise<Latencies>;
}

/** A kind of load. */
export interface LoadKind {
  /** What to tell the reader about it. */
  readonly name: string;
  start(): Load;
}
