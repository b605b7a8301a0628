import { describe, expect, it } from "vitest";
import { createByteBudget } from "../../../server/gate/src/kernel/byte-budget.ts";
import { sendResponse } from "../../../server/node/src/exchange/send-response.ts";
import { connectRawHttp2 } from "../../faults/mixed-load/raw-http2.ts";
import { notEmpty } from "../../support/not-empty.ts";
import { connectRaw, serveHandler } from "../serving.ts";

const KIB = 1024;
/** What counts beside the bytes of an answer that waits. */
const EXCHANGE_BYTES = 32 * KIB;
const FIELDS: readonly (readonly [string, string])[] = [
  [":method", "GET"],
  [":scheme", "http"],
  [":authority", "a"],
  [":path", "/"],
];

/** Serve one response for every request, and count what clients do not take of it. */
async function start(respond: () => Response, maxBytesPerConnection = 1_000 * KIB) {
  const unsent = createByteBudget({ maxBytesPerConnection, maxBytes: 10_000 * KIB });
  const count = { unsent, waiting: { peerOf: () => "peer" } };
  const serving = await serveHandler((req, res) => {
    req.on("error", () => undefined);
    void sendResponse({ req, res }, respond(), count);
  });
  return { ...serving, unsent };
}

const connectTakingNothing = (port: number) => connectRawHttp2(port, { streamWindowBytes: 0 });
const ask = (client: Awaited<ReturnType<typeof connectRawHttp2>>) => {
  const stream = client.open(FIELDS);
  stream.write(new Uint8Array(), { isLast: true });
  return stream;
};

describe("a response that its client does not take", () => {
  it.each(notEmpty([100, 10 * KIB, 200 * KIB]))(
    "is counted until the client has left: %i bytes",
    async (bytes) => {
      await using serving = await start(() => new Response(new Uint8Array(bytes)));
      const { unsent } = serving;
      const client = await connectTakingNothing(serving.port);
      const stream = ask(client);
      await expect.poll(() => unsent.heldBytes).toBe(bytes + EXCHANGE_BYTES);
      stream.reset();
      await expect.poll(() => unsent.heldBytes).toBe(0);
      client.destroy();
    },
  );

  it("is thrown away when one connection has too many, the oldest first", async () => {
    await using serving = await start(() => new Response("short"), 100 * KIB);
    const { unsent } = serving;
    const client = await connectTakingNothing(serving.port);
    const over: number[] = [];
    for (let index = 0; index < 12; index += 1) {
      void ask(client).over.then(() => over.push(index));
      await client.roundTrip();
    }
    await expect.poll(() => over).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(unsent.heldBytes).toBeLessThanOrEqual(100 * KIB);
    client.destroy();
    await expect.poll(() => unsent.heldBytes).toBe(0);
  });

  it("closes its connection over HTTP/1.1 when that has too much", async () => {
    await using serving = await start(() => new Response(new Uint8Array(20 * KIB)), 8 * KIB);
    const socket = await connectRaw(serving.port);
    const isClosed = new Promise((resolve) => socket.once("close", resolve));
    socket.on("error", () => undefined).resume();
    socket.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    await isClosed;
    await expect.poll(() => serving.unsent.heldBytes).toBe(0);
  });
});

describe("a response that its client takes", () => {
  it("counts no longer than that", async () => {
    await using serving = await start(() => new Response(new Uint8Array(40 * KIB)));
    const client = await connectRawHttp2(serving.port);
    await ask(client).over;
    await expect.poll(() => serving.unsent.heldBytes).toBe(0);
    client.destroy();
  });

  it("counts for nothing while its next part is made", async () => {
    const asked = Promise.withResolvers<void>();
    const next = Promise.withResolvers<void>();
    const parts = new ReadableStream<Uint8Array>(
      {
        start: (controller) => controller.enqueue(Buffer.from("first")),
        async pull(controller) {
          asked.resolve();
          await next.promise;
          controller.close();
        },
      },
      { highWaterMark: 0 },
    );
    await using serving = await start(() => new Response(parts));
    const client = await connectRawHttp2(serving.port);
    const stream = ask(client);
    await asked.promise;
    await expect.poll(() => serving.unsent.heldBytes).toBe(0);
    next.resolve();
    await stream.over;
    client.destroy();
  });
});
