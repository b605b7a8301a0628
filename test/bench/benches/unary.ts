import { ECHO_FRAME } from "../fixture/echo.ts";
import { ALGORITHM, createTokenMaker, type PublicKeys } from "../fixture/tokens.ts";
import { buildGoServerIfPossible } from "../go/build-server.ts";
import { GO_SIDE, startGoServer } from "../go/go-server.ts";
import { h2load } from "../load/h2load.ts";
import type { LoadKind } from "../load/load.ts";
import { nodeLoad } from "../load/load-child.ts";
import type { Bench, BenchOptions, Reading, Row, Side } from "../run/bench.ts";
import { hasProgram } from "../run/machine.ts";
import { interleave } from "../run/rounds.ts";
import { type BenchServer, type ServerName, startServers } from "../servers/server.ts";

const SIDES = [
  "countersign",
  "connect-no-auth",
  "connect-jose-per-call",
  "grpcjs-jsonwebtoken",
  "grpcjs-no-auth",
] as const satisfies readonly ServerName[];

/** What a call takes of a processor with this build, divided by what it took with an earlier one. */
const CPU_RATIO = "countersign-cpu / countersign-before-cpu";

const SHAPE = { connections: 8, callsPerConnection: 16 };
const TURN_SECONDS = 1.5;
const QUICK_TURN_SECONDS = 0.3;

/**
 * How many calls with a token a server answers in a second.
 *
 * @param load what sends the calls. Default: h2load, where it is installed
 */
export function createUnaryBench(load: LoadKind = hasProgram("h2load") ? h2load : nodeLoad): Bench {
  return {
    name: "unary",
    describe: [
      `unary gRPC echo over h2c, ${ECHO_FRAME.length} bytes there and back, every call with the same ${ALGORITHM} token`,
      `${SHAPE.connections} connections with ${SHAPE.callsPerConnection} calls under way on each; load from ${load.name}`,
      "the sides on Node read and write messages with protobuf-es; every answer is checked",
    ],
    comparisons: [
      { ours: "countersign", theirs: "connect-no-auth", better: "higher", target: 3 },
      { ours: "countersign", theirs: "connect-jose-per-call", better: "higher", target: 1.3 },
      { ours: "countersign", theirs: "grpcjs-jsonwebtoken", better: "higher", target: 2 },
      { ours: "countersign", theirs: "grpcjs-no-auth", better: "higher" },
      { ours: "countersign", theirs: GO_SIDE, better: "higher" },
      { ours: CPU_RATIO, better: "lower", target: 1.03 },
    ],
    run: (options) => runUnary(load, options),
  };
}

async function runUnary(kind: LoadKind, { rounds, quick, before }: BenchOptions): Promise<readonly Row[]> {
  const tokens = createTokenMaker();
  const token = tokens.mint();
  const seconds = quick ? QUICK_TURN_SECONDS : TURN_SECONDS;
  await using resources = new AsyncDisposableStack();
  const load = resources.use(kind.start());
  // Next to each other: what else the machine does falls on both.
  const [ours, ...others] = SIDES;
  const names = before === undefined ? SIDES : ([ours, "countersign-before", ...others] as const);
  const started: readonly UnaryServer[] = [
    ...(await startServers(names, { keys: tokens.publicKeys, before, resources })),
    ...(await startGo(tokens.publicKeys, resources)),
  ];
  for (const { port } of quick ? [] : started) {
    await load.run({ ...SHAPE, port, token, seconds });
  }
  const perCall = new Map<string, number>();
  const sides = started.map(({ name, port, processorSeconds }) => ({
    name,
    measure: async (): Promise<readonly Reading[]> => {
      const beganSeconds = await processorSeconds();
      const value = await load.run({ ...SHAPE, port, token, seconds });
      const cpu = (((await processorSeconds()) - beganSeconds) * 1e6) / (value * seconds);
      perCall.set(name, cpu);
      return [
        { side: name, unit: "req/s", value },
        { side: `${name}-cpu`, unit: "µs/call", value: cpu },
      ];
    },
  }));
  const all = before === undefined ? sides : [...sides, createCpuSide(perCall)];
  return await interleave("unary", all, rounds); // the servers live until here
}

type UnaryServer = Pick<BenchServer, "port" | "processorSeconds"> & { readonly name: string };

/** Start the server in Go, where it can be built. @param resources ends it */
async function startGo(keys: PublicKeys, resources: AsyncDisposableStack): Promise<readonly UnaryServer[]> {
  const program = resources.use(await buildGoServerIfPossible("unary"));
  if (program === undefined) {
    return [];
  }
  const { port, cpuMicroseconds } = resources.use(await startGoServer(program, keys));
  return [{ name: GO_SIDE, port, processorSeconds: async () => (await cpuMicroseconds()) / 1e6 }];
}

/** Hold the processor time of the two builds against each other, after each of their turns. */
function createCpuSide(perCall: ReadonlyMap<string, number>): Side {
  const cpuOf = (name: ServerName): number => perCall.get(name) ?? Number.NaN;
  return {
    name: CPU_RATIO,
    measure: async () => [
      {
        side: CPU_RATIO,
        unit: "×",
        value: cpuOf("countersign") / cpuOf("countersign-before"),
        hasInterval: true,
      },
    ],
  };
}
