import { Agent, request } from "node:http";
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
const CALLS = 5;
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
    "the figures are the worst of all such messages, and each as a ratio to the text of its size",
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
  const measured = { child, port, calls: quick ? 1 : CALLS };
  for (const honest of quick ? [] : HONEST) {
    await secondsOf(honest, { ...measured, calls: 30 });
  }
  const measure = () => measureAll(measured, quick);
  return await interleave("messages", [{ name: "messages", measure }], rounds);
}

interface Measured {
  readonly child: Child;
  readonly port: number;
  readonly calls: number;
}

async function measureAll(measured: Measured, quick: boolean): Promise<readonly Reading[]> {
  const readings: Reading[] = [];
  for (const honest of HONEST) {
    const size = SIZES[honest.contentType];
    const [format = ""] = honest.name.split(" ", 1);
    const bodies = Object.entries(format === "binary" ? BINARY_BODIES : JSON_BODIES).slice(
      0,
      quick ? 1 : undefined,
    );
    const before = await secondsOf(honest, measured);
    const worst = { refused: 0, taken: 0 };
    for (const [name, make] of bodies) {
      const body = { name, contentType: honest.contentType, bytes: make(size) };
      worst.refused = Math.max(worst.refused, await secondsOf(body, measured));
      const taken = { ...body, bytes: mostThatIsTaken(name, honest.contentType, size) };
      worst.taken = Math.max(worst.taken, await secondsOf(taken, measured));
    }
    const text = (before + (await secondsOf(honest, measured))) / 2;
    readings.push({ side: `text, ${format}`, unit: "ms", value: text * 1000 });
    for (const [kind, seconds] of Object.entries(worst)) {
      readings.push({ side: `${kind}, ${format} / text`, unit: "x", value: seconds / text });
    }
  }
  return readings;
}

/** The median, in seconds of a processor: what one call takes varies with what is collected meanwhile. */
async function secondsOf(body: MessageBody, { child, port, calls }: Measured): Promise<number> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const all: number[] = [];
  for (let call = 0; call < calls; call += 1) {
    const before = await child.ask<number>("processorSeconds");
    await send(body, port, agent);
    all.push((await child.ask<number>("processorSeconds")) - before);
  }
  agent.destroy();
  return quantile(
    all.toSorted((a, b) => a - b),
    0.5,
  );
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
