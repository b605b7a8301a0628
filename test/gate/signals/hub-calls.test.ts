import { create, toBinary } from "@bufbuild/protobuf";
import { WatchResponseSchema } from "@countersign/gen/countersign/auth/v1/signal_pb.js";
import { expect, test } from "vitest";
import { createHubCalls } from "../../../server/gate/src/signals/hub-calls.ts";
import { createTestClock } from "../../support/test-clock.ts";

/** A message in its envelope. */
function toEnvelope(message: Uint8Array, flags = 0): Uint8Array<ArrayBuffer> {
  const envelope = new Uint8Array(5 + message.length);
  envelope[0] = flags;
  new DataView(envelope.buffer).setUint32(1, message.length);
  envelope.set(message, 5);
  return envelope;
}

test("a snapshot that has come whole is taken in a few milliseconds at a time, in its order", async () => {
  const clock = createTestClock();
  const messages = Array.from({ length: 25 }, (_, index) =>
    create(WatchResponseSchema, { kind: { case: "revocations", value: { cursor: BigInt(index) } } }),
  );
  const body = new Blob([
    ...messages.map((message) => toEnvelope(toBinary(WatchResponseSchema, message))),
    toEnvelope(new TextEncoder().encode("{}"), 2),
  ]);
  /** The cursors that came one after another, without a turn for anything else. */
  const turns: bigint[][] = [[]];
  const calls = createHubCalls({
    fetch: async () => new Response(body),
    clock: {
      ...clock,
      schedule(run, delayMs) {
        turns.push([]);
        return clock.schedule(run, delayMs);
      },
    },
  });
  const call = { hub: new URL("https://hub.example"), accessToken: "", signal: new AbortController().signal };
  await calls.watch({}, call, ({ kind }) => {
    clock.advance(4);
    turns.at(-1)?.push(kind.case === "revocations" ? kind.value.cursor : -1n);
  });
  expect(turns.map(({ length }) => length)).toEqual([3, 3, 3, 3, 3, 3, 3, 3, 1]);
  expect(turns.flat()).toEqual(messages.map((_, index) => BigInt(index)));
});
