import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { findFreePort } from "./free-port.ts";
import { installDebian } from "./install-debian.ts";

const PROGRAM = "/usr/sbin/nats-server";

/** A real NATS server, for tests. */
export interface TestNats extends AsyncDisposable {
  /** Its URL. */
  readonly url: string;
  /** End it as a crash does. */
  kill(): Promise<void>;
  /** Start it again on the same port. */
  start(): Promise<void>;
}

/** Install the NATS server of Debian where there is none and the tests run as root. @returns whether there is one */
export function installNats(): boolean {
  return installDebian(() => existsSync(PROGRAM), ["nats-server"]);
}

/** Start a NATS server. @param flags further ones, such as of a user and a password */
export async function startNats(flags: readonly string[] = []): Promise<TestNats> {
  const port = await findFreePort();
  const launch = (): Promise<ChildProcess> => launchServer(["-a", "127.0.0.1", "-p", String(port), ...flags]);
  let child = await launch();
  const kill = (): Promise<void> => {
    const { promise, resolve } = Promise.withResolvers<void>();
    if (child.exitCode !== null || child.signalCode !== null) {
      return Promise.resolve();
    }
    child.once("exit", () => resolve());
    child.kill("SIGKILL");
    return promise;
  };
  return {
    url: `nats://127.0.0.1:${port}`,
    kill,
    async start() {
      child = await launch();
    },
    [Symbol.asyncDispose]: kill,
  };
}

async function launchServer(flags: readonly string[]): Promise<ChildProcess> {
  const child = spawn(PROGRAM, flags, { stdio: ["ignore", "ignore", "pipe"] });
  const killChild = (): void => void child.kill("SIGKILL");
  process.once("exit", killChild);
  child.once("exit", () => process.off("exit", killChild));
  await new Promise<void>((resolve, reject) => {
    let log = "";
    child.stderr.on("data", (chunk: Buffer) => {
      log = (log + chunk.toString()).slice(-4_096);
      if (log.includes("Server is ready")) {
        resolve();
      }
    });
    child.once("error", reject);
    child.once("exit", () => reject(new Error(`nats-server did not start: ${log}`)));
  });
  return child;
}
