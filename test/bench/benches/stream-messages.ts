import { createTokenMaker } from "../fixture/tokens.ts";
import type { Bench, BenchOptions, Reading, Row } from "../run/bench.ts";
import { startChild } from "../run/child.ts";
import { interleave } from "../run/rounds.ts";
import type { StreamServerName } from "../streams/server-child.ts";

const MESSAGES = 1_000_000;
const QUICK_MESSAGES = 2_000;

/** The share of messages before figures are taken: the engine compiles what it runs. */
const WARM_UP = 0.1;

/** Each takes a while: more rounds than that take longer than anybody waits. */
const MAX_ROUNDS = 2;

/** What a message on a stream costs. */
export const streamMessagesBench: Bench = {
  name: "stream-messages",
  describe: [
    `${MESSAGES} messages of 64 characters on one stream of gRPC, from the server (out) and to it (in), as fast as they go;`,
    "time by message, and what the heap of the server has grown by while the stream was open, after garbage collection",
  ],
  comparisons: [
    { ours: "countersign-out", theirs: "connect-no-auth-out", better: "lower", target: 1.1 },
    { ours: "countersign-in", theirs: "connect-no-auth-in", better: "lower", target: 1.1 },
    { ours: "countersign-out-growth", better: "lower", target: 1 },
    { ours: "countersign-in-growth", better: "lower", target: 1 },
  ],
  run: runStreamMessages,
};

async function runStreamMessages({ rounds, quick }: BenchOptions): Promise<readonly Row[]> {
  const messages = quick ? QUICK_MESSAGES : MESSAGES;
  const sides = (["countersign", "connect-no-auth"] as const).map((name) => ({
    name,
    measure: () => measure(name, messages),
  }));
  return await interleave("stream-messages", sides, Math.min(rounds, MAX_ROUNDS));
}

async function measure(name: StreamServerName, messages: number): Promise<readonly Reading[]> {
  const maker = createTokenMaker();
  const token = maker.mint();
  await using server = startChild(new URL("../streams/server-child.ts", import.meta.url), {
    core: "server",
    nodeOptions: ["--expose-gc"],
  });
  await using client = startChild(new URL("../streams/client-child.ts", import.meta.url), { core: "load" });
  const port = await server.ask<number>("start", { name, keys: maker.publicKeys });
  const readings: Reading[] = [];
  for (const [way, question] of [
    ["out", "pull"],
    ["in", "push"],
  ] as const) {
    await client.ask<number>(question, { port, token, messages: messages * WARM_UP });
    await server.ask("sampleAt", [messages * WARM_UP, messages]);
    const ms = await client.ask<number>(question, { port, token, messages });
    readings.push({ side: `${name}-${way}`, unit: "µs/message", value: (ms * 1000) / messages });
    // The first tenth lets the engine settle.
    const grown = (await server.ask<number>("growth")) / (messages * (1 - WARM_UP));
    readings.push({ side: `${name}-${way}-growth`, unit: "B/message", value: Math.max(grown, 0.0001) });
  }
  return readings;
}
