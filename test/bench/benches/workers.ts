import { availableParallelism } from "node:os";
import { signIn } from "../../support/rpc.ts";
import { runCountersign, startServer } from "../../support/server-process.ts";
import { createTemporaryFolder } from "../../support/temporary-folder.ts";
import { h2load } from "../load/h2load.ts";
import type { LoadKind } from "../load/load.ts";
import { nodeLoad } from "../load/load-child.ts";
import type { Bench, BenchOptions, Row } from "../run/bench.ts";
import { hasProgram } from "../run/machine.ts";
import { interleave } from "../run/rounds.ts";

const SIDES = { "serve-1": "1", "serve-auto": "auto" } as const;
const ACCOUNT = { username: "ada", password: "correct horse battery staple" };
const SHAPE = { connections: 16, callsPerConnection: 8 };
const TURN_SECONDS = 2;
const QUICK_TURN_SECONDS = 0.3;

/**
 * What several processes bring over one.
 *
 * @param load what sends the calls. Default: h2load, where it is installed
 */
export function createWorkersBench(load: LoadKind = hasProgram("h2load") ? h2load : nodeLoad): Bench {
  return {
    name: "workers",
    describe: [
      "countersign serve with --workers 1 and with --workers auto, on SQLite: WhoAmI over gRPC, every call with a token",
      `auto is ${availableParallelism()} here; the servers run on all cores, and share them with the load from ${load.name}`,
      `${SHAPE.connections} connections with ${SHAPE.callsPerConnection} calls under way on each`,
    ],
    comparisons: [{ ours: "serve-auto", theirs: "serve-1", better: "higher" }],
    run: (options) => runWorkers(load, options),
  };
}

async function runWorkers(kind: LoadKind, { rounds, quick }: BenchOptions): Promise<readonly Row[]> {
  const seconds = quick ? QUICK_TURN_SECONDS : TURN_SECONDS;
  await using resources = new AsyncDisposableStack();
  const load = resources.use(kind.start());
  const sides = await Promise.all(
    Object.entries(SIDES).map(async ([name, workers]) => {
      const { port, token } = await start(workers, resources);
      const run = () => load.run({ ...SHAPE, call: "who-am-i", port, token, seconds });
      return { name, measure: async () => [{ side: name, unit: "req/s", value: await run() }] };
    }),
  );
  for (const side of quick ? [] : sides) {
    await side.measure(); // warms the servers up
  }
  return await interleave("workers", sides, rounds); // the servers live until here
}

async function start(workers: string, resources: AsyncDisposableStack) {
  const { path } = resources.use(await createTemporaryFolder());
  const added = await runCountersign(
    ["user", "add", ACCOUNT.username, "--create"],
    { COUNTERSIGN_DATA_DIR: path },
    ACCOUNT.password,
  );
  if (added.code !== 0) {
    throw new Error(`the account was not made: ${added.stderr}`);
  }
  const args = ["--audience", "bench", "--workers", workers];
  const { baseUrl } = resources.use(await startServer({ command: "serve", args, dataDir: path }));
  const { accessToken } = await signIn(baseUrl, ACCOUNT);
  return { port: Number(new URL(baseUrl).port), token: accessToken };
}
