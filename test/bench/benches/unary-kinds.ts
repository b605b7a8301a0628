import { CALLS, type CallName } from "../fixture/calls.ts";
import { createTokenMaker } from "../fixture/tokens.ts";
import { h2load } from "../load/h2load.ts";
import type { LoadKind } from "../load/load.ts";
import { nodeLoad } from "../load/load-child.ts";
import type { Bench, BenchOptions, Row } from "../run/bench.ts";
import { hasProgram } from "../run/machine.ts";
import { interleave } from "../run/rounds.ts";
import { type ServerName, startServers } from "../servers/server.ts";

/** One kind of unary calls, and who serves them. */
interface Kind {
  readonly name: string;
  readonly call: CallName;
  readonly describe: string;
  /** The first is ours: it is held against each of the others. */
  readonly sides: readonly [ServerName, ...ServerName[]];
  readonly shape: { readonly connections: number; readonly callsPerConnection: number };
}

const MULTIPLEXED = { connections: 8, callsPerConnection: 16 };
const FEW = { connections: 8, callsPerConnection: 2 };
const ONE_BY_ONE = { connections: 64, callsPerConnection: 1 };

const KINDS: readonly Kind[] = [
  {
    name: "unary-16k",
    call: "grpc-16k",
    describe: "unary gRPC echo over h2c with 16 KiB there and back",
    sides: ["countersign", "connect-no-auth", "grpcjs-no-auth"],
    shape: MULTIPLEXED,
  },
  {
    name: "unary-256k",
    call: "grpc-256k",
    describe: "unary gRPC echo over h2c with 256 KiB there and back",
    sides: ["countersign", "connect-no-auth", "grpcjs-no-auth"],
    shape: FEW,
  },
  {
    name: "unary-http1",
    call: "connect-json",
    describe: "unary Connect echo in JSON over HTTP/1.1",
    sides: ["countersign", "connect-no-auth-http1"],
    shape: ONE_BY_ONE,
  },
  {
    name: "unary-web",
    call: "grpc-web",
    describe: "unary gRPC-Web echo over h2c",
    sides: ["countersign", "connect-no-auth"],
    shape: MULTIPLEXED,
  },
];

const TURN_SECONDS = 1.5;
const QUICK_TURN_SECONDS = 0.3;

/**
 * How many calls of other kinds than that of bench `unary` a server answers in a second.
 *
 * @param load what sends the calls. Default: h2load, where it is installed
 */
export function createUnaryKindBenches(
  load: LoadKind = hasProgram("h2load") ? h2load : nodeLoad,
): readonly Bench[] {
  return KINDS.map((kind) => toBench(kind, load));
}

function toBench(kind: Kind, load: LoadKind): Bench {
  const { name, sides, shape, describe } = kind;
  const [ours, ...others] = sides;
  return {
    name,
    describe: [
      `${describe}: ${CALLS[kind.call].body.length} bytes there, every call with a token`,
      `${shape.connections} connections with ${shape.callsPerConnection} calls under way on each; load from ${load.name}`,
    ],
    comparisons: others.map((theirs) => ({ ours, theirs, better: "higher" })),
    run: (options) => runKind(kind, load, options),
  };
}

async function runKind(
  { name: bench, call, sides: names, shape }: Kind,
  kind: LoadKind,
  { rounds, quick }: BenchOptions,
): Promise<readonly Row[]> {
  const tokens = createTokenMaker();
  const options = {
    ...shape,
    call,
    token: tokens.mint(),
    seconds: quick ? QUICK_TURN_SECONDS : TURN_SECONDS,
  };
  await using resources = new AsyncDisposableStack();
  const load = resources.use(kind.start());
  const started = await startServers(names, { keys: tokens.publicKeys, resources });
  for (const { port } of quick ? [] : started) {
    await load.run({ ...options, port });
  }
  const sides = started.map(({ name, port }) => ({
    name,
    measure: async () => [{ side: name, unit: "req/s", value: await load.run({ ...options, port }) }],
  }));
  return await interleave(bench, sides, rounds); // the servers live until here
}
