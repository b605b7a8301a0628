import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { CALLS, type Call } from "../fixture/calls.ts";
import { assignCores, onCore } from "../run/machine.ts";
import { quantile } from "../run/rounds.ts";
import type { Latencies, LoadKind, LoadOptions } from "./load.ts";

const runFile = promisify(execFile);

/** The load generator of nghttp2: it takes a fraction of what the servers take. */
export const h2load: LoadKind = {
  name: "h2load",
  start: () => ({ run, pace, [Symbol.asyncDispose]: async () => {} }),
};

async function run(options: LoadOptions): Promise<number> {
  return await inFolder(async (folder) => await runH2load(options, folder, []));
}

function pace(options: LoadOptions & { readonly callsPerSecond: number }): Promise<Latencies> {
  return inFolder(async (folder) => {
    const log = join(folder, "log");
    const perClient = options.callsPerSecond / options.connections;
    await runH2load(options, folder, [`--rps=${perClient.toFixed(1)}`, `--log-file=${log}`]);
    return readLatencies(await readFile(log, "utf8"));
  });
}

async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "countersign-bench-"));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** @returns calls per second */
async function runH2load(options: LoadOptions, folder: string, more: readonly string[]): Promise<number> {
  const call = CALLS[options.call ?? "grpc"];
  const body = join(folder, "request");
  await writeFile(body, call.body);
  const command = ["h2load", ...more, ...toArguments(options, call), `--data=${body}`];
  const url = `http://127.0.0.1:${options.port}${call.path}`;
  const [program = "h2load", ...args] = onCore(assignCores().load, [...command, url]);
  const { stdout } = await runFile(program, args);
  return readRate(stdout, call);
}

function toArguments(options: LoadOptions, call: Call): readonly string[] {
  const headers = Object.entries(call.headers).map(([name, value]) => `${name}: ${value}`);
  if (options.token !== undefined) {
    headers.push(`authorization: Bearer ${options.token}`);
  }
  return [
    ...(call.http === "http1" ? ["--h1"] : []),
    "--threads=1",
    `--clients=${options.connections}`,
    `--max-concurrent-streams=${options.callsPerConnection}`,
    `--duration=${Math.round(options.seconds * 1000)}ms`,
    ...headers.map((header) => `--header=${header}`),
  ];
}

/**
 * Read the rate of calls, and prove that they were good ones: h2load sees the HTTP status, which is 200 for a
 * refusal in gRPC too. What a refusal lacks is the message.
 */
function readRate(report: string, { answerBytes }: Call): number {
  const rate = Number(/finished in .*?, ([\d.]+) req\/s/.exec(report)?.[1]);
  const done = Number(/requests: .*?(\d+) done/.exec(report)?.[1]);
  const failed = Number(/(\d+) failed, (\d+) errored/.exec(report)?.[1]);
  const refused = /(\d+) 3xx, (\d+) 4xx, (\d+) 5xx/.exec(report)?.slice(1).map(Number) ?? [];
  const dataBytes = Number(/\((\d+)\) data/.exec(report)?.[1]);
  if (!(rate > 0) || failed > 0 || refused.some((count) => count > 0) || !(dataBytes >= done * answerBytes)) {
    throw new Error(`the calls of h2load did not all succeed:\n${report}`);
  }
  return rate;
}

/** Read the log: a line for each call, with when it began, its status, and how many microseconds it took. */
function readLatencies(log: string): Latencies {
  const times = log
    .split("\n")
    .flatMap((line) => line.split("\t")[2] ?? [])
    .map((text) => Number(text) / 1000)
    .sort((a, b) => a - b);
  return { p50Ms: quantile(times, 0.5), p99Ms: quantile(times, 0.99) };
}
