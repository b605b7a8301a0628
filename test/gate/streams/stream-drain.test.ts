import { once } from "node:events";
import type { ServiceImpl } from "@connectrpc/connect";
import { Code, ConnectError } from "@connectrpc/connect";
import { NotesService } from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import { ErrorInfoSchema, RetryInfoSchema } from "@countersign/gen/google/rpc/error_details_pb.js";
import { createFakeClock } from "@countersign/sdk/testing";
import { describe, expect, test } from "vitest";
import { createStreamDrain } from "../../../server/gate/src/streams/stream-drain.ts";
import { eventually } from "../../support/eventually.ts";
import { notEmpty } from "../../support/not-empty.ts";
import { clientOf, PROTOCOLS } from "../../support/rpc.ts";
import { startStreamServer, tokenFor } from "./stream-server.ts";

describe("the drain of a server", () => {
  /** Take so many streams in, and record in which order they end. */
  function open(count: number) {
    const clock = createFakeClock();
    const drain = createStreamDrain(clock);
    const ended: number[] = [];
    const streams = Array.from({ length: count }, (_, index) => ({ end: () => void ended.push(index) }));
    streams.forEach(drain.add);
    /** Let time pass, as a clock does that is not held: what waits for one moment runs before the next. */
    const pass = async (ms: number): Promise<void> => {
      for (let passed = 0; passed < ms; passed += 10) {
        clock.advance(10);
        await Promise.resolve();
        await Promise.resolve();
      }
    };
    return { drain, ended, streams, pass };
  }

  test("ends few streams one after another, the oldest first, and takes no longer than it needs", async () => {
    const { drain, ended, streams, pass } = open(5);
    const [, , third] = streams;
    expect(third).toBeDefined();
    const done = drain.run(5_000);
    expect(ended).toEqual([0]);
    drain.remove(third ?? { end() {} });
    await pass(10);
    expect(ended).toEqual([0, 1]);
    await pass(30);
    expect(ended).toEqual([0, 1, 3, 4]);
    await done;
  });

  test("spreads many streams evenly over the time it has", async () => {
    const { drain, ended, pass } = open(1_000);
    const done = drain.run(1_000);
    await pass(490);
    expect(ended).toHaveLength(500);
    await pass(500);
    await done;
    expect(ended).toHaveLength(1_000);
  });

  test("ends all at once when there is no time, and later streams at once", async () => {
    const { drain, ended } = open(3);
    await drain.run(0);
    expect(ended).toEqual([0, 1, 2]);
    drain.add({ end: () => void ended.push(3) });
    expect(ended).toEqual([0, 1, 2, 3]);
  });
});

const paths = notEmpty(
  [true, false].flatMap((isFast) => PROTOCOLS.map((protocol) => ({ isFast, protocol }))),
);

describe.each(paths)("a server that stops, over $protocol (fast path: $isFast)", ({ isFast, protocol }) => {
  async function start(notes: Partial<ServiceImpl<typeof NotesService>>) {
    const server = await startStreamServer(notes, { streamFastPath: isFast });
    return { server, client: clientOf(NotesService, { ...server, protocol, token: tokenFor(60_000) }) };
  }

  /** Read a stream to its end, and say how it ended. */
  async function endOf(messages: AsyncIterable<unknown>) {
    try {
      for await (const _ of messages) {
        // as many as come
      }
      return undefined;
    } catch (error) {
      const wire = ConnectError.from(error);
      const reason = wire.findDetails(ErrorInfoSchema)[0]?.reason;
      const retry = wire.findDetails(RetryInfoSchema)[0]?.retryDelay;
      const trailer = wire.metadata.get("countersign-drain");
      return { code: wire.code, trailer, reason, retryMs: Number(retry?.seconds) };
    }
  }

  test("ends a stream with SERVER_DRAINING and the trailer on which the SDK opens it again", async () => {
    const { server, client } = await start({
      async *watchNotes(_, { signal }) {
        yield {};
        await once(signal, "abort");
      },
    });
    await using _ = server;
    const ended = endOf(client.watchNotes({}));
    await eventually(() => server.streams.size === 1 || undefined);
    const closed = server.close(10_000);
    const drained = { code: Code.Unavailable, trailer: "1", reason: "SERVER_DRAINING", retryMs: 0 };
    expect(await ended).toEqual(drained);
    await closed;
  });

  test("lets an upload go on to its end", async () => {
    const arrived = Promise.withResolvers<void>();
    const more = Promise.withResolvers<void>();
    const { server, client } = await start({
      async importNotes(requests) {
        let created = 0;
        for await (const _ of requests) {
          created += 1;
          arrived.resolve();
        }
        return { created };
      },
    });
    await using _ = server;
    async function* notes() {
      yield { title: "before" };
      await more.promise;
      yield { title: "after" };
    }
    const imported = client.importNotes(notes());
    await arrived.promise;
    const closed = server.close(10_000);
    more.resolve();
    expect(await imported).toMatchObject({ created: 2 });
    await closed;
  });
});
