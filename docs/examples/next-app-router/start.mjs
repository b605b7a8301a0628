// Runs `countersign demo`, and the program that the arguments name against it. Tokens last for five seconds.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

const data = mkdtempSync(join(tmpdir(), "countersign-example-"));
const settings = [
  "--port=0",
  "--admin-port=0",
  "--access-ttl=5s",
  "--clock-tolerance=0s",
  `--data-dir=${data}`,
];
const demo = spawn("countersign", ["demo", ...settings], { stdio: ["ignore", "pipe", "inherit"] });
const running = [demo];
process.once("exit", () => {
  for (const child of running) {
    child.kill();
  }
  rmSync(data, { recursive: true });
});
process.once("SIGTERM", () => process.exit()).once("SIGINT", () => process.exit());

for await (const line of createInterface(demo.stdout)) {
  const address = /^Countersign demo is ready: (.*)/.exec(line)?.[1];
  if (address !== undefined) {
    const [program, ...args] = process.argv.slice(2);
    const env = { ...process.env, ADDRESS: address };
    const client = spawn(program, args, { stdio: "inherit", env });
    running.push(client);
    const [code] = await once(client, "exit");
    process.exit(code);
  }
}
// It has ended before it was ready, and has said why.
process.exitCode = 1;
