import type { PublicKeys } from "../fixture/tokens.ts";
import { startChild } from "../run/child.ts";
import type { WireServerName } from "./server-child.ts";

/** A server of streams in a process of its own, on the core of servers. */
export interface WireServer extends AsyncDisposable {
  readonly port: number;
  /** Say how much time of a processor it has taken so far, in microseconds. */
  cpuMicroseconds(): Promise<number>;
}

/** Start a server on Node; disposing of it ends its process. */
export async function startWireServer(name: WireServerName, keys: PublicKeys): Promise<WireServer> {
  const child = startChild(new URL("./server-child.ts", import.meta.url), { core: "server" });
  const stop = () => child[Symbol.asyncDispose]();
  try {
    const port = await child.ask<number>("start", { name, keys });
    return { port, cpuMicroseconds: () => child.ask("cpuMicroseconds"), [Symbol.asyncDispose]: stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
