import { Code, ConnectError } from "@connectrpc/connect";
import { expect, test } from "vitest";
import type { BodyInspection } from "../../../../server/gate/src/connect/message/body-inspection.ts";
import {
  inspectEnvelopes,
  MESSAGES_A_TURN,
} from "../../../../server/gate/src/connect/message/inspect-envelopes.ts";
import { inspectWhole } from "../../../../server/gate/src/connect/message/inspect-whole.ts";
import { UNCOUNTED } from "../../../../server/gate/src/connect/message/waiting-request.ts";
import { watchCopies } from "../../../support/copies.ts";
import { notEmpty } from "../../../support/not-empty.ts";
import { enveloped } from "./hosts.ts";

const KIB = 1024;
const inspected: number[] = [];
const inspection: BodyInspection = {
  inspector: { jsonMaxBytes: KIB, inspect: (bytes) => void inspected.push(bytes.length) },
  isBinary: true,
  maxBytes: 25 * KIB,
  expand: undefined,
  waiting: UNCOUNTED,
};
const message = Uint8Array.from({ length: 20 * KIB }, (_, at) => at % 251);

async function* inParts(body: Uint8Array, bytes: number, onEnd = () => {}): AsyncIterable<Uint8Array> {
  for (let at = 0; at < body.length; at += bytes) {
    if (at + bytes >= body.length) {
      onEnd();
    }
    yield body.slice(at, at + bytes);
  }
}

async function collect(parts: AsyncIterable<Uint8Array>): Promise<readonly Uint8Array[]> {
  const all: Uint8Array[] = [];
  for await (const part of parts) {
    all.push(part);
  }
  return all;
}

const ways: Readonly<Record<string, (onEnd: () => void) => AsyncIterable<Uint8Array>>> = {
  "one message": (onEnd) => inspectWhole(inParts(message, 1, onEnd), inspection, null),
  "one message of an announced length": (onEnd) =>
    inspectWhole(inParts(message, 1, onEnd), inspection, String(message.length)),
  "an envelope": (onEnd) => inspectEnvelopes(inParts(enveloped(message), 1, onEnd), inspection),
};
test.each(notEmpty(Object.entries(ways)))(
  "%s that comes byte by byte is held in few pieces",
  async (_, way) => {
    using copies = watchCopies();
    let before = 0;
    const [whole = new Uint8Array()] = await collect(
      way(() => {
        before = copies.count;
      }),
    );
    expect(copies.count - before).toBeLessThan(40);
    expect(Buffer.compare(whole.subarray(-message.length), message)).toBe(0);
  },
);

const bodies = [message, new Uint8Array(), message.subarray(0, 1), message.subarray(0, 300)];
test.each(notEmpty([[1], [2], [3], [5], [7], [306], [64 * KIB], [KIB * KIB]]))(
  "envelopes in parts of %i bytes are looked at one by one, and passed on whole",
  async (bytes) => {
    inspected.length = 0;
    const envelopes = [...bodies, ...bodies].map((body) => enveloped(body));
    const rest = Uint8Array.from([0, 0, 0, 1]);
    const all = Uint8Array.from(Buffer.concat([...envelopes, rest]));
    const passed = await collect(inspectEnvelopes(inParts(all, bytes), inspection));
    expect(passed.map(({ length }) => length)).toEqual([...envelopes, rest].map(({ length }) => length));
    expect(Buffer.concat(passed).equals(all)).toBe(true);
    expect(inspected).toEqual([...bodies, ...bodies].map(({ length }) => length));
  },
);

test("an envelope that is larger than it may be is refused by its head, however that comes", async () => {
  for (const bytes of [1, 4, 5, 64 * KIB]) {
    const head = enveloped(new Uint8Array(25 * KIB + 1)).subarray(0, 5);
    const error = await collect(inspectEnvelopes(inParts(head, bytes), inspection)).catch(ConnectError.from);
    expect([bytes, error]).toEqual([bytes, expect.objectContaining({ code: Code.ResourceExhausted })]);
  }
});

test("messages that came together are handed on in turns", async () => {
  let turns = 0;
  let isRead = false;
  const countTurns = (): void => {
    turns += 1;
    if (!isRead) {
      setImmediate(countTurns);
    }
  };
  setImmediate(countTurns);
  const count = 10 * MESSAGES_A_TURN;
  const all = Uint8Array.from(
    Buffer.concat(Array.from({ length: count }, () => enveloped(new Uint8Array()))),
  );
  expect(await collect(inspectEnvelopes(inParts(all, all.length), inspection))).toHaveLength(count);
  isRead = true;
  expect(turns).toBeGreaterThanOrEqual(9);
});
