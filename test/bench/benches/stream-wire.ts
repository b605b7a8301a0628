import { createTokenMaker, type PublicKeys } from "../fixture/tokens.ts";
import { buildGoServerIfPossible } from "../go/build-server.ts";
import { GO_SIDE, startGoServer } from "../go/go-server.ts";
import type { Bench, BenchOptions, Reading, Row } from "../run/bench.ts";
import { startChild } from "../run/child.ts";
import { interleave } from "../run/rounds.ts";
import type { WireServerName } from "../wire/server-child.ts";
import { startWireServer, type WireServer } from "../wire/wire-server.ts";

const SIDES: readonly WireServerName[] = ["countersign", "connect-no-auth", "grpcjs-jsonwebtoken"];

/** One way of sending messages. */
interface Way {
  readonly name: string;
  readonly describe: string;
  readonly question: "out" | "in" | "bidi";
  readonly messages: number;
  /** What a message may take of what it takes grpc-js with jsonwebtoken. */
  readonly target: number;
  readonly more?: { readonly streams: number; readonly connections: number };
}

const WAYS: readonly Way[] = [
  {
    name: "stream-out",
    describe: "messages of 64 characters on one stream of gRPC from the server, as fast as they go",
    question: "out",
    messages: 300_000,
    target: 0.5,
  },
  {
    name: "stream-in",
    describe: "messages of 64 characters on one stream of gRPC to the server, as fast as they go",
    question: "in",
    messages: 300_000,
    target: 1.2,
  },
  {
    name: "stream-bidi-1",
    describe: "messages to and fro on one stream of gRPC, each when the one before is answered",
    question: "bidi",
    messages: 20_000,
    target: 1,
    more: { streams: 1, connections: 1 },
  },
  {
    name: "stream-bidi-100",
    describe: "messages to and fro on a hundred streams of gRPC over four connections",
    question: "bidi",
    messages: 100_000,
    target: 1.5,
    more: { streams: 100, connections: 4 },
  },
];

const QUICK_MESSAGES = 1_000;
/** As much again before figures are taken: a server runs for long, and the engine compiles what it runs. */
const WARM_UP = 1;

/** Create the benches of what a message on a stream costs the server. */
export function createStreamWireBenches(): readonly Bench[] {
  return WAYS.map((way) => ({
    name: way.name,
    describe: [
      way.describe,
      "time of a processor by message in the server, whose client speaks HTTP/2 without a library of gRPC, and how many a second",
      "each server has done the same before, without being measured",
    ],
    comparisons: [
      { ours: "countersign", theirs: "grpcjs-jsonwebtoken", better: "lower", target: way.target },
      { ours: "countersign", theirs: "connect-no-auth", better: "lower" },
      { ours: "countersign", theirs: GO_SIDE, better: "lower" },
    ],
    run: (options) => runWay(way, options),
  }));
}

/** A side and how its server is started. */
interface WireSide {
  readonly name: string;
  start(keys: PublicKeys): Promise<WireServer>;
}

async function runWay(way: Way, { rounds, quick }: BenchOptions): Promise<readonly Row[]> {
  const messages = quick ? QUICK_MESSAGES : way.messages;
  await using resources = new AsyncDisposableStack();
  const program = resources.use(await buildGoServerIfPossible(way.name));
  const all: readonly WireSide[] = [
    ...SIDES.map((name) => ({ name, start: (keys: PublicKeys) => startWireServer(name, keys) })),
    ...(program === undefined
      ? []
      : [{ name: GO_SIDE, start: (keys: PublicKeys) => startGoServer(program, keys) }]),
  ];
  const sides = all.map((side) => ({ name: side.name, measure: () => measure(way, side, messages) }));
  return await interleave(way.name, sides, rounds); // the program lives until here
}

async function measure(way: Way, { name, start }: WireSide, messages: number): Promise<readonly Reading[]> {
  const maker = createTokenMaker();
  await using server = await start(maker.publicKeys);
  await using client = startChild(new URL("../wire/client-child.ts", import.meta.url), { core: "load" });
  const run = { ...way.more, port: server.port, token: maker.mint() };
  await client.ask(way.question, { ...run, messages: messages * WARM_UP });
  const before = await server.cpuMicroseconds();
  const startMs = performance.now();
  await client.ask(way.question, { ...run, messages });
  const seconds = (performance.now() - startMs) / 1000;
  const micros = (await server.cpuMicroseconds()) - before;
  return [
    { side: name, unit: "µs/message", value: micros / messages },
    { side: `${name}-rate`, unit: "messages/s", value: messages / seconds },
  ];
}
