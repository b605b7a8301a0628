import { Agent, request } from "node:http";
import { walkBinary } from "../../../server/gate/src/connect/message/binary-walk.ts";
import { walkJson } from "../../../server/gate/src/connect/message/json-walk.ts";
import { shapeOf } from "../../../server/gate/src/connect/message/message-shape.ts";
import { resolveMessageLimits } from "../../../server/gate/src/kernel/message-limits.ts";
import { Order } from "../../gate/authorize/order-file.ts";
import {
  BINARY_BODIES,
  honestBinary,
  honestJson,
  JSON_BODIES,
  type MessageBody,
  mostThatIsTaken,
} from "../../support/message-bodies.ts";
import type { Bench, BenchOptions, Reading, Row } from "../run/bench.ts";
import { type Child, startChild } from "../run/child.ts";
import { interleave, quantile } from "../run/rounds.ts";

const MIB = 1024 * 1024;
/** A message of this size takes the most that there is, with its envelope and its fields. */
const SIZES = { "application/proto": 4 * MIB - 1024, "application/json": MIB - 1024 };
/** How often each is sent, in turns with the text, after a few calls in which the engine compiles what they run. */
const CALLS = 9;
const WARM_UP = 3;
/** What a message may take of what text of its size takes. */
const TARGET = 1.5;

const HONEST: readonly MessageBody[] = [
  { name: "binary text", contentType: "application/proto", bytes: honestBinary(SIZES["application/proto"]) },
  { name: "JSON text", contentType: "application/json", bytes: honestJson(SIZES["application/json"]) },
];

/** What a server takes to read messages that are made to take much, beside a text of their size. */
export const messagesBench: Bench = {
  name: "messages",
  describe: [
    "processor time of a call whose message has 4 MiB (binary) or 1 MiB (JSON), by the message, over HTTP/1.1",
    "refused: full of what takes long; taken: as much of it as is allowed, the rest a text; each beside one text",
    "each is sent in turns with the text of its size, lower quartiles are compared; the figures are those of the message",
    "whose median over all rounds is the worst",
  ],
  comparisons: ["refused", "taken"].flatMap((kind) =>
    HONEST.map(({ name }) => ({
      ours: `${kind}, ${name.split(" ", 1)[0]} / text`,
      better: "lower" as const,
      target: TARGET,
    })),
  ),
  run: runMessages,
};

async function runMessages({ rounds, quick }: BenchOptions): Promise<readonly Row[]> {
  await using child = startChild(new URL("../messages/server.ts", import.meta.url), { core: "server" });
  const port = await child.ask<number>("start", { unaryFastPath: true });
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const pairs = HONEST.flatMap((honest) => pairsOf(honest, quick));
  const measure = () => measureAll(pairs, { child, port, agent, calls: quick ? 1 : CALLS });
  try {
    return worstOf(await interleave("messages", [{ name: "messages", measure }], rounds), pairs);
  } finally {
    agent.destroy();
  }
}

/** A message, and the text that it is measured against. */
interface Pair {
  readonly side: string;
  readonly honest: MessageBody;
  readonly body: MessageBody;
}

function pairsOf(honest: MessageBody, quick: boolean): readonly Pair[] {
  const { contentType } = honest;
  const isBinary = contentType === "application/proto";
  const [format = ""] = honest.name.split(" ", 1);
  const limits = resolveMessageLimits();
  const isTaken = (bytes: Uint8Array): boolean =>
    (isBinary ? walkBinary(bytes, shapeOf(Order), limits) : walkJson(bytes, limits)) === undefined;
  const size = SIZES[contentType];
  return Object.entries(isBinary ? BINARY_BODIES : JSON_BODIES)
    .slice(0, quick ? 1 : undefined)
    .flatMap(([name, make]) => {
      const taken = mostThatIsTaken(name, { contentType, bytes: size }, isTaken);
      return [
        { side: `refused, ${format} / text`, honest, body: { name, contentType, bytes: make(size) } },
        { side: `taken, ${format} / text`, honest, body: { name, contentType, bytes: taken } },
      ];
    });
}

interface Measured {
  readonly child: Child;
  readonly port: number;
  readonly agent: Agent;
  readonly calls: number;
}

async function measureAll(pairs: readonly Pair[], measured: Measured): Promise<readonly Reading[]> {
  const texts = new Map<string, number[]>();
  const ratios: Reading[] = [];
  for (const pair of pairs) {
    const { text, other } = await measureInTurns(pair.honest, pair.body, measured);
    texts.set(pair.honest.name, [...(texts.get(pair.honest.name) ?? []), text]);
    ratios.push({ side: nameOf(pair), unit: "x", value: other / text });
  }
  const medians = Array.from(texts, ([side, all]) => ({
    side,
    unit: "ms",
    value: quantileOf(all, 0.5) * 1000,
  }));
  return [...medians, ...ratios];
}

function nameOf({ side, body }: Pair): string {
  return `${side} with ${body.name}`;
}

/**
 * Leave the worst message of each kind, and say which one that is. A single round has some that something else on the
 * machine made worse.
 */
function worstOf(rows: readonly Row[], pairs: readonly Pair[]): readonly Row[] {
  const texts = rows.filter(({ side }) => HONEST.some(({ name }) => name === side));
  const sides = [...new Set(pairs.map(({ side }) => side))];
  const worst = sides.flatMap((side) => {
    const names = pairs.filter((pair) => pair.side === side).map(nameOf);
    const [first] = rows
      .filter((row) => names.includes(row.side))
      .toSorted((one, other) => other.median - one.median);
    if (first === undefined) {
      return [];
    }
    process.stderr.write(`  ${first.side}: ${first.median.toFixed(2)}\n`);
    return [{ ...first, side }];
  });
  return [...texts, ...worst];
}

/** @returns the lower quartiles, in seconds of a processor: on a busy machine most calls take several times as long */
async function measureInTurns(
  honest: MessageBody,
  body: MessageBody,
  measured: Measured,
): Promise<{ readonly text: number; readonly other: number }> {
  const texts: number[] = [];
  const others: number[] = [];
  for (let call = measured.calls > 1 ? -WARM_UP : 0; call < measured.calls; call += 1) {
    const other = await secondsOf(body, measured);
    const text = await secondsOf(honest, measured);
    if (call >= 0) {
      others.push(other);
      texts.push(text);
    }
  }
  return { text: quantileOf(texts, 0.25), other: quantileOf(others, 0.25) };
}

function quantileOf(all: readonly number[], share: number): number {
  return quantile(
    all.toSorted((a, b) => a - b),
    share,
  );
}

async function secondsOf(body: MessageBody, { child, port, agent }: Measured): Promise<number> {
  const before = await child.ask<number>("processorSeconds");
  await send(body, port, agent);
  return (await child.ask<number>("processorSeconds")) - before;
}

function send({ contentType, bytes }: MessageBody, port: number, agent: Agent): Promise<void> {
  return new Promise((resolve, reject) => {
    const headers = { "content-type": contentType, "content-length": bytes.length };
    const path = "/test.v1.OrderService/Place";
    const req = request({ port, agent, method: "POST", path, headers }, (res) => {
      res.resume().on("end", resolve);
    });
    req.on("error", reject).end(bytes);
  });
}
