import { spawnSync } from "node:child_process";
import { availableParallelism, cpus, loadavg, release, totalmem, type } from "node:os";
import { promisify } from "node:util";

/** Where programs run. Undefined: wherever the system likes. */
export interface Cores {
  readonly server: number | undefined;
  readonly load: number | undefined;
}

/**
 * Give server and load a core each, where there are two and programs can be tied to them. In a test nothing is tied:
 * its figures mean nothing, and a program that may not leave a core waits for other tests there while the other is free.
 */
export function assignCores(): Cores {
  const isPossible = process.env.VITEST === undefined && availableParallelism() > 1 && hasProgram("taskset");
  return isPossible ? { server: 0, load: 1 } : { server: undefined, load: undefined };
}

/** Say whether a program is installed. */
export function hasProgram(name: string): boolean {
  return spawnSync(name, ["--version"], { stdio: "ignore" }).status === 0;
}

/** Put the program in front that ties what follows to a core. */
export function onCore(core: number | undefined, command: readonly string[]): readonly string[] {
  return core === undefined ? command : ["taskset", "-c", String(core), ...command];
}

/** Describe what the figures were taken on, a line each. */
export function describeMachine(cores: Cores): readonly string[] {
  const all = cpus();
  const pinning =
    cores.server === undefined
      ? "nothing is tied to a core"
      : `server on core ${cores.server}, load on core ${cores.load}`;
  return [
    `${all[0]?.model.trim() ?? "unknown processor"}, ${availableParallelism()} cores (${pinning})`,
    `${Math.round(totalmem() / 2 ** 30)} GiB, ${type()} ${release()}, ${process.arch}`,
    `Node ${process.versions.node}, V8 ${process.versions.v8}, OpenSSL ${process.versions.openssl}`,
    `load average at the start: ${loadavg()
      .map((load) => load.toFixed(2))
      .join(" ")} (0 would be a quiet machine)`,
  ];
}

/** Describe the processor, the system and Node in one line for a document. */
export function describeProcessor(): string {
  const model =
    cpus()[0]
      ?.model.trim()
      .replace(/\s*\bProcessor\b.*/, "") ?? "an unknown processor";
  return `${availableParallelism()} cores of ${model}, ${type()} ${release().split("-")[0]}, Node ${process.versions.node}`;
}

/** Wait, in milliseconds. */
export const wait: (ms: number) => Promise<void> = promisify(setTimeout);
