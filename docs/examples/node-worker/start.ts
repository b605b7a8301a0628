import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

// Runs what the worker needs, and the worker: in production, you start both with what you start everything with.
const data = mkdtempSync(join(tmpdir(), "node-worker-"));
const env = { ...process.env, COUNTERSIGN_DATA_DIR: data };

const shortLived = ["--access-ttl=5s", "--clock-tolerance=0s"];
const server = spawn("countersign", ["demo", "--port=0", "--admin-port=0", ...shortLived], {
  stdio: ["ignore", "pipe", "inherit"],
  env,
});
const running: ChildProcess[] = [server];
process.once("exit", () => {
  for (const child of running) {
    child.kill();
  }
  rmSync(data, { recursive: true });
});
process.once("SIGTERM", () => process.exit()).once("SIGINT", () => process.exit());

const scopes = ["--scope=notes:read", "--scope=notes:write"];

for await (const line of createInterface(server.stdout)) {
  const address = /^Countersign demo is ready: (.*)/.exec(line)?.[1];
  if (address !== undefined) {
    const added = execFileSync("countersign", ["client", "add", "worker", ...scopes, "--json"], { env });
    const { secret }: { readonly secret: string } = JSON.parse(added.toString());
    const settings = { ADDRESS: address, WORKER_SECRET: secret };
    const worker = spawn(process.execPath, ["worker.ts"], { stdio: "inherit", env: { ...env, ...settings } });
    running.push(worker);
    const [code] = await once(worker, "exit");
    process.exit(code);
  }
}
// It has ended before it was ready, and has said why.
process.exitCode = 1;
