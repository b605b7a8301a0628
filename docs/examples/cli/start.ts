import { type ChildProcess, type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

// Runs what the program needs, and the program as a user would: you only open the page that it shows.
const data = mkdtempSync(join(tmpdir(), "cli-"));
const running: ChildProcess[] = [];
process.once("exit", () => {
  for (const child of running) {
    child.kill();
  }
  rmSync(data, { recursive: true });
});
process.once("SIGTERM", () => process.exit()).once("SIGINT", () => process.exit());

/** Wait for the line of a server that says where it is. */
async function addressOf(server: ChildProcessWithoutNullStreams, line: RegExp): Promise<string> {
  running.push(server);
  server.stderr.resume();
  for await (const text of createInterface(server.stdout)) {
    const [, address] = line.exec(text) ?? [];
    if (address !== undefined) {
      server.stdout.resume();
      return address;
    }
  }
  throw new Error(`${server.spawnfile} has ended before it was ready`);
}

const issuer = await addressOf(spawn(process.execPath, ["provider.mjs"]), /^(http.*)/);
const trusted = join(data, "issuers.json");
writeFileSync(
  trusted,
  JSON.stringify([{ issuer, audiences: ["https://notes.example"], keys: { discovery: true } }]),
);
const settings = ["--port=0", "--admin-port=0", `--data-dir=${data}`, `--trusted-issuers=${trusted}`];
const address = await addressOf(
  spawn("countersign", ["demo", ...settings]),
  /^Countersign demo is ready: (.*)/,
);

const env = { ...process.env, ADDRESS: address, ISSUER: issuer, XDG_CONFIG_HOME: data };
for (const args of [["list"], ["login"], ["add", "From the command line"], ["list"], ["logout"], ["list"]]) {
  console.log(`$ notes ${args.join(" ")}`);
  const notes = spawn(process.execPath, ["notes.ts", ...args], { stdio: "inherit", env });
  running.push(notes);
  await once(notes, "exit");
}
process.exit();
