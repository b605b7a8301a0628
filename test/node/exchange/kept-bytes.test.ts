import { NotesService } from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import { describe, expect, it } from "vitest";
import { createByteBudget } from "../../../server/gate/src/kernel/byte-budget.ts";
import { createRpcs } from "../../../server/node/src/rpc-handler.ts";
import { connectRawHttp2, type RawStream } from "../../faults/mixed-load/raw-http2.ts";
import { notEmpty } from "../../support/not-empty.ts";
import { connectRaw, serveHandler } from "../serving.ts";

const KIB = 1024;
const NOTE = { id: "a", body: "x".repeat(4 * KIB) };
const NOTE_OF_40_KIB = { id: "a", body: "x".repeat(40 * KIB) };
const SERVICE = `/${NotesService.typeName}`;

/** What the requests of these tests have in their header: 32 bytes for each field, and its text. */
const fieldsOf = (method: string, extra = ""): [string, string][] => [
  [":method", "POST"],
  [":scheme", "http"],
  [":authority", "a"],
  [":path", `${SERVICE}/${method}`],
  ["content-type", "application/grpc"],
  ["x-extra", extra],
];
const headerBytesOf = (method: string, extra = ""): number =>
  fieldsOf(method, extra).reduce((sum, [name, value]) => sum + 32 + name.length + value.length, 0);

/** Serve with a small budget. A feed has notes without end; an import is answered when the test says so. */
async function start(maxBytesPerConnection = 1_000 * KIB, unaryFastPath = true) {
  const limits = { maxBytesPerConnection, maxBytes: 10_000 * KIB };
  const budget = createByteBudget(limits);
  const unsent = createByteBudget(limits);
  const verdict = Promise.withResolvers<void>();
  const imported = Promise.withResolvers<object>();
  const feeds = { begun: 0, given: 0, ended: 0 };
  const rpcs = createRpcs(
    {
      routes: (router) =>
        router.service(NotesService, {
          createNote: ({ title, body }) => (body === "large" ? NOTE_OF_40_KIB : { title }),
          importNotes: () => imported.promise,
          async *watchNotes() {
            feeds.begun += 1;
            try {
              for (;;) {
                feeds.given += 1;
                yield { note: NOTE };
              }
            } finally {
              feeds.ended += 1;
            }
          },
        }),
      requestGate: ({ requestHeader }) =>
        requestHeader.get("x-extra")?.startsWith("wait") ? verdict.promise : undefined,
      interceptors: [],
      unaryFastPath,
    },
    {
      waiting: { budget, peerOf: () => "peer" },
      unsent,
      contextValues: undefined,
      corsFieldsFor: () => ({}),
    },
  );
  const serving = await serveHandler({
    handle: (req, res) => rpcs.find(req.url ?? "")?.(req, res),
    onStream: rpcs.onStream,
  });
  return { ...serving, budget, unsent, verdict, imported, feeds };
}

const EMPTY = Buffer.alloc(5);

/** Connect as a client that takes the header of an answer, and nothing of its body. */
const connectTakingNothing = (port: number) => connectRawHttp2(port, { streamWindowBytes: 0 });

describe("an answer that its client does not take", () => {
  it("has its handler wait from 16 KiB on, and is counted until the client has left", async () => {
    await using serving = await start();
    const { unsent, feeds } = serving;
    const client = await connectTakingNothing(serving.port);
    const stream = client.open(fieldsOf("WatchNotes"));
    stream.write(EMPTY, { isLast: true });
    await expect.poll(() => unsent.heldBytes).toBeGreaterThan(16 * KIB);
    expect(unsent.heldBytes).toBeLessThan(24 * KIB);
    expect(feeds.given).toBeLessThanOrEqual(6);
    stream.reset();
    await expect.poll(() => feeds.ended).toBe(1);
    await expect.poll(() => unsent.heldBytes).toBe(0);
    client.destroy();
  });

  it("is thrown away when one connection has too many, the oldest first", async () => {
    await using serving = await start(100 * KIB);
    const { unsent, feeds } = serving;
    const client = await connectTakingNothing(serving.port);
    const over: number[] = [];
    for (let index = 0; index < 8; index += 1) {
      const stream = client.open(fieldsOf("WatchNotes"));
      stream.write(EMPTY, { isLast: true });
      void stream.over.then(() => over.push(index));
      await expect.poll(() => feeds.begun).toBe(index + 1);
      await expect.poll(() => feeds.given).toBeGreaterThanOrEqual(4 * feeds.begun);
    }
    await expect.poll(() => feeds.ended).toBeGreaterThanOrEqual(2);
    await expect.poll(() => over.length).toBe(feeds.ended);
    expect(over).toEqual(over.map((_, index) => index));
    expect(feeds.ended).toBeLessThan(8);
    expect(unsent.heldBytes).toBeLessThanOrEqual(100 * KIB);
    client.destroy();
    await expect.poll(() => unsent.heldBytes).toBe(0);
  });

  it("closes its connection over HTTP/1.1 when that has too much", async () => {
    await using serving = await start(8 * KIB);
    const { unsent, feeds } = serving;
    const socket = await connectRaw(serving.port);
    const head = `POST ${SERVICE}/WatchNotes HTTP/1.1\r\nHost: a\r\nContent-Type: application/grpc-web\r\n`;
    socket.pause();
    socket.write(Buffer.concat([Buffer.from(`${head}Content-Length: 5\r\n\r\n`), EMPTY]));
    await expect.poll(() => feeds.ended).toBe(1);
    await expect.poll(() => unsent.heldBytes).toBe(0);
    socket.destroy();
  });
});

/** Calls that are answered with 40 KiB, with the fast path and without. */
const LARGE = Buffer.concat([Buffer.of(0, 0, 0, 0, 7, 18, 5), Buffer.from("large")]);

describe.each([true, false])(
  "a whole answer that its client does not take, with the fast path: %s",
  (unaryFastPath) => {
    it("is counted until the client has it or has left, and thrown away when there are too many, the oldest first", async () => {
      await using serving = await start(100 * KIB, unaryFastPath);
      const { unsent } = serving;
      const client = await connectTakingNothing(serving.port);
      const over: number[] = [];
      const ask = (index: number): void => {
        const stream = client.open(fieldsOf("CreateNote"));
        stream.write(LARGE, { isLast: true });
        void stream.over.then(() => over.push(index));
      };
      ask(0);
      await expect.poll(() => unsent.heldBytes).toBeGreaterThanOrEqual(40 * KIB);
      ask(1);
      await expect.poll(() => unsent.heldBytes).toBeGreaterThanOrEqual(80 * KIB);
      ask(2);
      await expect.poll(() => over).toEqual([0]);
      expect(unsent.heldBytes).toBeLessThanOrEqual(100 * KIB);
      client.destroy();
      await expect.poll(() => unsent.heldBytes).toBe(0);
      const reading = await connectRawHttp2(serving.port);
      const stream = reading.open(fieldsOf("CreateNote"));
      stream.write(LARGE, { isLast: true });
      await stream.over;
      await expect.poll(() => unsent.heldBytes).toBe(0);
      reading.destroy();
    });
  },
);

describe("the header of a request", () => {
  const waiting = notEmpty(
    (["CreateNote", "ImportNotes", "WatchNotes"] as const).flatMap((method) =>
      (["let in", "refused", "reset", "broken off"] as const).map((end) => [method, end] as const),
    ),
  );
  it.each(waiting)("counts while the gate decides: %s, until it is %s", async (method, end) => {
    await using serving = await start();
    const { budget, verdict, imported } = serving;
    const client = await connectRawHttp2(serving.port);
    const stream = client.open(fieldsOf(method, "wait"));
    await expect.poll(() => budget.heldBytes).toBe(headerBytesOf(method, "wait"));
    const ends = {
      "let in": () => verdict.resolve(),
      refused: () => verdict.reject(new Error("no")),
      reset: () => stream.reset(),
      "broken off": () => client.destroy(),
    };
    imported.resolve({ created: 1 });
    if (end === "let in" && method !== "ImportNotes") {
      stream.write(EMPTY, { isLast: true });
    }
    ends[end]();
    if (end === "let in" && method === "WatchNotes") {
      await expect.poll(() => serving.feeds.given).toBeGreaterThan(0);
      stream.reset();
    }
    if (method === "CreateNote") {
      verdict.resolve(); // its header waits with the gate
    }
    await expect.poll(() => budget.heldBytes).toBe(0);
    verdict.resolve();
    client.destroy();
  });

  it.each(notEmpty(["CreateNote", "ImportNotes", "WatchNotes"]))(
    "refuses the oldest while the gate decides when there are too many: %s",
    async (method) => {
      await using serving = await start(64 * KIB);
      const { budget, verdict } = serving;
      const client = await connectRawHttp2(serving.port);
      const extra = `wait${"x".repeat(10 * KIB)}`;
      const opened: RawStream[] = [];
      for (let index = 0; index < 9; index += 1) {
        opened.push(client.open(fieldsOf(method, extra)));
      }
      await Promise.all([opened[0]?.over, opened[1]?.over]);
      expect(budget.heldBytes).toBeLessThanOrEqual(64 * KIB);
      expect(budget.heldBytes).toBeGreaterThan(40 * KIB);
      // Nothing comes of those that were refused.
      verdict.resolve();
      opened[8]?.write(EMPTY, { isLast: true });
      client.destroy();
      await expect.poll(() => budget.heldBytes).toBe(0);
      expect(serving.feeds.begun).toBeLessThanOrEqual(1);
    },
  );

  it.each([true, false])("counts for as long as its stream lasts, with the fast path: %s", async (isFast) => {
    await using serving = await start(undefined, isFast);
    const { budget, imported } = serving;
    const client = await connectRawHttp2(serving.port);
    const stream = client.open(fieldsOf("ImportNotes"));
    stream.write(EMPTY, { isLast: true });
    await expect.poll(() => budget.heldBytes).toBe(headerBytesOf("ImportNotes"));
    imported.resolve({ created: 1 });
    await stream.over;
    await expect.poll(() => budget.heldBytes).toBe(0);
    client.destroy();
  });
});
