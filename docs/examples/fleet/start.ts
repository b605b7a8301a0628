// Runs the issuer, two servers that trust it, and the client: in production, containers or machines of their own.
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

const data = mkdtempSync(join(tmpdir(), "fleet-"));
const env = { ...process.env, COUNTERSIGN_DATA_DIR: data };
const running: ChildProcess[] = [];
process.once("exit", () => {
  for (const child of running) {
    child.kill();
  }
  rmSync(data, { recursive: true });
});
process.once("SIGTERM", () => process.exit()).once("SIGINT", () => process.exit());

/** Start a server. @returns the address that it prints */
async function serve(program: string, args: readonly string[], settings: object = {}): Promise<string> {
  const server = spawn(program, args, {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...env, ...settings },
  });
  running.push(server);
  for await (const line of createInterface(server.stdout)) {
    const address = /(?:is ready:|listening at) (http.*)/.exec(line)?.[1];
    if (address !== undefined) {
      return address;
    }
  }
  throw new Error(`${program} ended before it listened`);
}

const issuer = await serve("countersign", ["demo", "--port=0", "--admin-port=0"]);
const added = execFileSync("countersign", ["client", "add", "notes", "--signals", "--json"], { env });
const { secret }: { readonly secret: string } = JSON.parse(added.toString());

const own = { ISSUER: issuer, SIGNALS_SECRET: secret };
const servers = await Promise.all([1, 2].map(() => serve(process.execPath, ["server.ts"], own)));
const settings = { ISSUER: issuer, SERVERS: servers.join(" ") };
const client = spawn(process.execPath, ["client.ts"], { stdio: "inherit", env: { ...env, ...settings } });
running.push(client);
const [code] = await once(client, "exit");
process.exit(code);
