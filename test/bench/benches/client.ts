import type { ClientCost, ClientRun } from "../client/client-child.ts";
import { CLIENTS, type ClientName, TEXT } from "../client/side.ts";
import { createTokenMaker } from "../fixture/tokens.ts";
import type { Bench, BenchOptions, Reading, Row } from "../run/bench.ts";
import { startChild } from "../run/child.ts";
import { interleave } from "../run/rounds.ts";

/** What a bench of clients measures. */
interface ClientBench {
  readonly kind: ClientRun["kind"];
  readonly unit: string;
  /** How much is done in a turn. */
  readonly count: number;
  readonly describe: string;
  /** What ours may take of grpc-js. */
  readonly target: number;
}

const QUICK_COUNT = 200;

const BENCHES: readonly ClientBench[] = [
  {
    kind: "unary",
    unit: "µs/call",
    count: 10_000,
    describe: `unary calls with ${TEXT.length} characters there and back, 16 under way`,
    target: 0.6,
  },
  {
    kind: "stream",
    unit: "µs/message",
    count: 120_000,
    describe: `messages of ${TEXT.length} characters from the server on one stream, as fast as they are read`,
    target: 0.5,
  },
  {
    kind: "bidi",
    unit: "µs/message",
    count: 10_000,
    describe: `messages of ${TEXT.length} characters on one stream, each sent when the one before is answered`,
    target: 1,
  },
];

/** What calls and messages take of the processor in a client on Node. */
export const clientBenches: readonly Bench[] = BENCHES.map((bench) => ({
  name: `client-${bench.kind}`,
  describe: [
    bench.describe,
    "processor time of the client, with a token in every call; a process of its own for each turn, which has done the same before, without being measured",
    "the server is Node's http2 with answers that were written before; all clients use protobuf-es",
  ],
  comparisons: [
    { ours: "countersign", theirs: "connect", better: "lower" },
    { ours: "countersign", theirs: "grpcjs", better: "lower", target: bench.target },
    { ours: "countersign", theirs: "nice-grpc", better: "lower" },
    { ours: "countersign", theirs: "countersign-before", better: "lower" },
  ],
  run: (options) => runClients(bench, options),
}));

async function runClients(
  bench: ClientBench,
  { rounds, quick, before }: BenchOptions,
): Promise<readonly Row[]> {
  const token = createTokenMaker().mint();
  await using server = startChild(new URL("../client/server-child.ts", import.meta.url), { core: "server" });
  const port = await server.ask<number>("start");
  const count = quick ? QUICK_COUNT : bench.count;
  // Next to each other: what else the machine does falls on both.
  const [ours, ...others] = CLIENTS;
  const names = before === undefined ? CLIENTS : ([ours, "countersign-before", ...others] as const);
  const sides = names.map((name) => ({
    name,
    measure: () => measure(bench, { kind: bench.kind, name, port, token, count, before }),
  }));
  return await interleave(`client-${bench.kind}`, sides, rounds);
}

/** As much again before figures are taken: clients of a service run for long, and the engine compiles what it runs. */
const WARM_UP = 1;

async function measure({ unit }: ClientBench, run: ClientRun): Promise<readonly Reading[]> {
  await using client = startChild(new URL("../client/client-child.ts", import.meta.url), { core: "load" });
  await client.ask("run", { ...run, count: Math.ceil(run.count * WARM_UP) });
  const { processorUs, rate } = await client.ask<ClientCost>("run", run);
  const side: ClientName = run.name;
  return [
    { side, unit, value: processorUs },
    { side: `${side}-rate`, unit: `${unit.replace("µs/", "")}s/s`, value: rate },
  ];
}
