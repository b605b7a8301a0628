import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { createClient } from "@connectrpc/connect";
import { NotesService } from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import { createNodeTransport } from "@countersign/sdk/node";
import { expect, onTestFinished, test, vi } from "vitest";
import { createKit, DEMO, settle } from "../kit.ts";

/** How often the transport asks whether the connection lives, and how long it waits for the answer. */
const PING_MS = 100;

test("an open stream over a connection that died without a word fails", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
  onTestFinished(() => void vi.useRealTimers());
  await using kit = await createKit({
    http2: true,
    notes: {
      async *watchNotes(_request, { signal }) {
        yield { sequence: 1n };
        await once(signal, "abort");
      },
    },
  });
  const sockets: Socket[] = [];
  const cable = createServer((socket) => {
    const inner = connect(Number(new URL(kit.baseUrl).port), "127.0.0.1");
    sockets.push(
      socket.on("error", () => undefined),
      inner.on("error", () => undefined),
    );
    socket.pipe(inner).pipe(socket);
  });
  await new Promise<void>((resolve) => cable.listen(0, "127.0.0.1", resolve));
  const baseUrl = `http://127.0.0.1:${(cable.address() as AddressInfo).port}`;
  const { session } = kit.tab({ baseUrl });
  await session.signIn(DEMO);
  const transport = createNodeTransport({
    baseUrl,
    session,
    pingIntervalMs: PING_MS,
    pingTimeoutMs: PING_MS,
  });
  const stream = createClient(NotesService, transport).watchNotes({})[Symbol.asyncIterator]();
  expect((await stream.next()).value).toMatchObject({ sequence: 1n });
  // The cable is cut: nothing arrives any more, and nobody says so.
  for (const socket of sockets) {
    socket.unpipe().pause();
  }
  const failed = expect(stream.next()).rejects.toThrow();
  await settle();
  for (const sooner of [PING_MS, PING_MS]) {
    vi.advanceTimersByTime(sooner);
    await settle();
  }
  await failed;
  for (const socket of sockets) {
    socket.destroy();
  }
  await new Promise((resolve) => cable.close(resolve));
});
