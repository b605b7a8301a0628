import type { PublicKeys } from "../fixture/tokens.ts";
import { startChild } from "../run/child.ts";
import { wait } from "../run/machine.ts";

/** The servers that can be started. */
export type ServerName =
  | "countersign"
  | "countersign-before"
  | "connect-no-auth"
  | "connect-no-auth-http1"
  | "connect-jose-per-call"
  | "connect-jose-per-call-http1"
  | "grpcjs-jsonwebtoken"
  | "grpcjs-no-auth";

/** How long a server may keep a connection whose caller is gone, in milliseconds. */
const CLOSE_MS = 10_000;

/** A server in a process of its own, on the core of servers. */
export interface BenchServer extends AsyncDisposable {
  readonly name: ServerName;
  readonly port: number;
  /**
   * Say how many bytes it has read since it was last asked, once all connections are closed. Rejects when one is
   * still open after {@link CLOSE_MS} milliseconds.
   */
  takeBytesRead(): Promise<number>;
  /** Say how much time of a processor it has taken so far, in seconds. */
  processorSeconds(): Promise<number>;
  /** Say what memory its process has, in bytes, after it was collected. */
  residentBytes(): Promise<number>;
}

/** What a server is started with. */
export interface ServerOptions {
  readonly keys: PublicKeys;
  /** The folder that the earlier build is installed in, for `countersign-before`. */
  readonly before?: string | undefined;
}

/** Start a server; disposing of it ends its process. */
export async function startServer(name: ServerName, { keys, before }: ServerOptions): Promise<BenchServer> {
  const child = startChild(new URL("./main.ts", import.meta.url), {
    core: "server",
    nodeOptions: ["--expose-gc"],
    usesSources: name !== "countersign-before",
  });
  const stop = () => child[Symbol.asyncDispose]();
  try {
    const port = await child.ask<number>("start", { name, keys, before });
    const takeBytesRead = async (untilMs = performance.now() + CLOSE_MS): Promise<number> => {
      const bytes = await child.ask<number | undefined>("takeBytesRead");
      if (bytes !== undefined) {
        return bytes;
      }
      if (performance.now() > untilMs) {
        throw new Error(`${name} keeps a connection that its caller has closed`);
      }
      await wait(20);
      return takeBytesRead(untilMs);
    };
    return {
      ...{ name, port },
      takeBytesRead: () => takeBytesRead(),
      processorSeconds: () => child.ask("processorSeconds"),
      residentBytes: () => child.ask("residentBytes"),
      [Symbol.asyncDispose]: stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Start several servers at once. @param resources ends them */
export async function startServers(
  names: readonly ServerName[],
  { resources, ...options }: ServerOptions & { readonly resources: AsyncDisposableStack },
): Promise<readonly BenchServer[]> {
  const start = async (name: ServerName) => resources.use(await startServer(name, options));
  return await Promise.all(names.map(start));
}
