import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { eventually } from "../support/eventually.ts";
import { startProgram } from "../support/program.ts";
import { fleetBench } from "./benches/fleet.ts";
import { OUTCOMES } from "./fleet/outcome.ts";
import { findMissingProxies } from "./fleet/proxies.ts";
import { judge } from "./run/report.ts";

const MAIN = fileURLToPath(new URL("main.ts", import.meta.url));
/** A fleet may take so long to start, on a machine that is busy with others. */
const START_MS = 180_000;

describe.skipIf(findMissingProxies() !== undefined)("a fleet of real processes, as quickly as it can", () => {
  it("loses no event, no session and no revocation when servers of one's own are killed", async () => {
    const rows = await fleetBench.run({ rounds: 1, quick: true, faults: ["kill-own"] });
    expect(rows.map(({ side }) => side)).toEqual(Object.keys(OUTCOMES).map((name) => `kill-own-${name}`));
    expect(judge(fleetBench, rows).filter(({ isLost }) => isLost)).toEqual([]);
    // A stream that nothing interrupts proves nothing.
    const interruptions = rows.find(({ side }) => side === "kill-own-interruptions");
    expect(interruptions?.max).toBeGreaterThan(0);
  });

  it.each(["SIGTERM", "SIGKILL"] as const)("leaves no process behind when %s ends it", async (signal) => {
    const args = ["--conditions=@countersign/source", MAIN, "fleet", "--faults", "lives", "--quick"];
    await using bench = startProgram({ file: process.execPath, args });
    await eventually(() => bench.output().stderr.includes("lives: ") || undefined, { timeoutMs: START_MS });
    const pids = childrenOf(bench.pid);
    expect(pids.length).toBeGreaterThanOrEqual(7);
    process.kill(bench.pid, signal);
    await eventually(() => pids.every((pid) => !isRunning(pid)) || undefined);
  });
});

function childrenOf(pid: number): readonly number[] {
  const list = execFileSync("ps", ["-o", "pid=", "--ppid", String(pid)], { encoding: "utf8" });
  return list.trim().split(/\s+/).map(Number);
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
