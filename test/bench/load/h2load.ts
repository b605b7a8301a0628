import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { ECHO_FRAME, ECHO_PATH, ECHO_RESPONSE_BYTES } from "../fixture/echo.ts";
import { assignCores, onCore } from "../run/machine.ts";
import type { LoadKind, LoadOptions } from "./load.ts";

const runFile = promisify(execFile);

/** The load generator of nghttp2: it takes a fraction of what the servers take. */
export const h2load: LoadKind = {
  name: "h2load",
  start: () => ({ run, [Symbol.asyncDispose]: async () => {} }),
};

async function run(options: LoadOptions): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), "countersign-bench-"));
  try {
    const body = join(folder, "request");
    await writeFile(body, ECHO_FRAME);
    const [program = "h2load", ...args] = onCore(assignCores().load, toCommand(options, body));
    const { stdout } = await runFile(program, args);
    return readRate(stdout);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function toCommand(options: LoadOptions, body: string): readonly string[] {
  const headers = ["content-type: application/grpc", "te: trailers"];
  if (options.token !== undefined) headers.push(`authorization: Bearer ${options.token}`);
  return [
    "h2load",
    "--threads=1",
    `--clients=${options.connections}`,
    `--max-concurrent-streams=${options.callsPerConnection}`,
    `--duration=${Math.round(options.seconds * 1000)}ms`,
    `--data=${body}`,
    ...headers.map((header) => `--header=${header}`),
    `http://127.0.0.1:${options.port}${ECHO_PATH}`,
  ];
}

/**
 * Read the rate of calls, and prove that they were good ones: h2load sees the HTTP status, which is 200 for a
 * refusal in gRPC too. What a refusal lacks is the message.
 */
function readRate(report: string): number {
  const rate = Number(/finished in .*?, ([\d.]+) req\/s/.exec(report)?.[1]);
  const done = Number(/requests: .*?(\d+) done/.exec(report)?.[1]);
  const failed = Number(/(\d+) failed, (\d+) errored/.exec(report)?.[1]);
  const dataBytes = Number(/\((\d+)\) data/.exec(report)?.[1]);
  const expectedBytes = done * (5 + ECHO_RESPONSE_BYTES.length);
  if (!(rate > 0) || failed > 0 || !(dataBytes >= expectedBytes)) {
    throw new Error(`the calls of h2load did not all succeed:\n${report}`);
  }
  return rate;
}
