import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import { systemClock } from "@countersign/sdk";
import { createFileStore, createSession } from "@countersign/sdk/node";
import type { SignedInEntry } from "@countersign/sdk/store";
import { createFakeServer, type FakeServer } from "@countersign/sdk/testing";
import { bundleProgram } from "../../support/bundled-program.ts";
import { eventually } from "../../support/eventually.ts";
import { type RunningProgram, startProgram } from "../../support/program.ts";
import { DEMO, LIFETIME_MS } from "../kit.ts";

const SCRIPT = fileURLToPath(new URL("process.ts", import.meta.url));

/** A server for processes that share a session. */
export interface ProcessServer extends AsyncDisposable {
  readonly server: FakeServer;
  readonly baseUrl: string;
  /** Start processes that use the session in a folder, and wait until all of them wait for `go`. */
  readonly start: (count: number, directory: string) => Promise<readonly RunningProgram[]>;
  /** Let all processes that wait go on. */
  readonly go: () => void;
}

/** Start a server for processes that share a session. */
export async function startProcessServer(): Promise<ProcessServer> {
  const server = createFakeServer({ clock: systemClock, lifetimeMs: LIFETIME_MS });
  const waiting: ServerResponse[] = [];
  const rpc = connectNodeAdapter({ routes: server.routes });
  const http = createServer((req, res) => {
    if (req.url === "/go") {
      waiting.push(res);
    } else {
      rpc(req, res);
    }
  });
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  const baseUrl = `http://127.0.0.1:${(http.address() as AddressInfo).port}`; // it listens on TCP
  return {
    server,
    baseUrl,
    async start(count, directory) {
      const args = [await bundleProgram(SCRIPT), baseUrl, directory];
      const programs = Array.from({ length: count }, () => startProgram({ file: process.execPath, args }));
      await eventually(() => (waiting.length === count ? true : undefined));
      return programs;
    },
    go() {
      for (const res of waiting.splice(0)) {
        res.end("go");
      }
    },
    async [Symbol.asyncDispose]() {
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
    },
  };
}

/** Sign in, let the token grow old, and kill a process while it refreshes: the lock that it holds stays behind. */
export async function killRefreshing(
  { server, baseUrl, start, go }: ProcessServer,
  directory: string,
): Promise<void> {
  await using first = createSession({ baseUrl, store: createFileStore({ directory }) });
  await first.signIn(DEMO);
  await age(directory);
  const reached = Promise.withResolvers<void>();
  server.afterRefresh((attempt) => {
    if (attempt > 1) {
      return;
    }
    reached.resolve();
    return new Promise(() => undefined);
  });
  const [refreshing] = await start(1, directory);
  go();
  await reached.promise;
  await refreshing?.end("SIGKILL");
}

/** Make the stored token look as old as it lasts, for all processes. */
export async function age(directory: string, byMs?: number): Promise<void> {
  const store = createFileStore({ directory });
  const entry = (await store.read()) as SignedInEntry; // it was signed in just now
  const next = { ...entry, revision: "aged", startedAtMs: entry.startedAtMs - (byMs ?? entry.lifetimeMs) };
  if (!(await store.compareAndSet(entry.revision, next))) {
    throw new Error("another process was faster");
  }
}
