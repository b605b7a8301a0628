import { once } from "node:events";
import { createConnection } from "node:net";
import { eventually } from "../support/eventually.ts";
import { findFreePort } from "../support/free-port.ts";
import type { ServerProcess } from "../support/server-process.ts";
import type { Fence } from "./markdown.ts";
import type { ToRun } from "./project.ts";

/** The ports of the servers that a document has its readers start. */
export type Ports = ReadonlyMap<string, number>;

/** Choose a free port for each server of a document: a block with `serve=8081` listens on 8081 there. */
export async function choosePorts(fences: readonly Fence[]): Promise<Ports> {
  const documented = fences.flatMap(({ attributes }) => attributes.serve ?? []);
  return new Map(await Promise.all(documented.map(async (port) => [port, await findFreePort()] as const)));
}

/** Lead a reader's text to the demo of this run and to the ports that were chosen. */
export async function createToRun({ baseUrl, program }: ServerProcess, ports: Ports): Promise<ToRun> {
  const [, admin = ""] = await program.untilPrinted(/Metrics +(http:\S+)\/metrics/);
  return (text) => {
    const withDemo = text
      .replaceAll("http://127.0.0.1:8080", baseUrl)
      .replaceAll("http://127.0.0.1:9464", admin);
    return [...ports].reduce(
      (changed, [port, free]) => changed.replaceAll(new RegExp(`\\b${port}\\b`, "g"), String(free)),
      withDemo,
    );
  };
}

/** Wait until somebody listens. */
export async function untilListening(port: number): Promise<void> {
  await eventually(() => canConnect(port));
}

async function canConnect(port: number): Promise<true | undefined> {
  const socket = createConnection(port, "127.0.0.1");
  try {
    await once(socket, "connect");
    return true;
  } catch {
    return undefined;
  } finally {
    socket.destroy();
  }
}
