/** What to send, and for how long. */
export interface LoadOptions {
  readonly port: number;
  /** The token of every call; absent: without one. */
  readonly token?: string;
  readonly connections: number;
  /** How many calls are under way on each connection at any time. */
  readonly callsPerConnection: number;
  readonly seconds: number;
}

/** Sends calls to the echo as fast as they are answered. Every answer is checked. */
export interface Load extends AsyncDisposable {
  /** @returns good calls per second */
  run(options: LoadOptions): Promise<number>;
}

/** A kind of load. */
export interface LoadKind {
  /** What to tell the reader about it. */
  readonly name: string;
  start(): Load;
}
