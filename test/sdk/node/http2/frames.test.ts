import fc from "fast-check";
import { expect, test } from "vitest";
import { FrameReader, toFrame } from "../../../../sdk/src/node/http2/frames.ts";
import { frame } from "./script.ts";

test("messages come out as they went in, wherever their bytes are cut", () => {
  const messages = fc.array(fc.tuple(fc.uint8Array({ maxLength: 300 }), fc.boolean()), { maxLength: 12 });
  const sizes = fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1 });
  fc.assert(
    fc.property(messages, sizes, (sent, cuts) => {
      const received: (readonly [Uint8Array, boolean])[] = [];
      const reader = new FrameReader((data, flags) => received.push([data, flags === 1]));
      let rest = Buffer.concat(sent.map(([data, isCompressed]) => frame(data, isCompressed ? 1 : 0)));
      for (let at = 0; rest.length > 0; at += 1) {
        const size = cuts[at % cuts.length] ?? 1;
        reader.push(rest.subarray(0, size));
        rest = rest.subarray(size);
      }
      expect(received.map(([data, flag]) => [Buffer.from(data), flag])).toEqual(
        sent.map(([data, flag]) => [Buffer.from(data), flag]),
      );
      expect(reader.isBetweenFrames).toBe(true);
    }),
  );
});

test("a message is a part of what came with it", () => {
  const received: Uint8Array[] = [];
  const chunk = Buffer.concat([frame(Buffer.of(1, 2)), frame(Buffer.of(3))]);
  new FrameReader((data) => received.push(data)).push(chunk);
  expect(received.map(({ buffer }) => buffer)).toEqual([chunk.buffer, chunk.buffer]);
  expect(received.map((data) => [...data])).toEqual([[1, 2], [3]]);
});

test.each([1, 4, 5, 6])("%i bytes of a message are not all of it", (length) => {
  const reader = new FrameReader(() => undefined);
  reader.push(frame(Buffer.of(1, 2)).subarray(0, length));
  expect(reader.isBetweenFrames).toBe(false);
});

const TOO_LARGE_LAST = Buffer.concat([frame(Buffer.of(1, 2)), frame(Buffer.of(3)), frame(Buffer.alloc(11))]);

test.each([0, 3, 6, 9])(
  "a message that is too large is found before those that came with it, %i bytes before",
  (cut) => {
    const received: Uint8Array[] = [];
    const reader = new FrameReader((data) => received.push(data), 10);
    reader.push(TOO_LARGE_LAST.subarray(0, cut));
    const before = received.length;
    expect(() => reader.push(TOO_LARGE_LAST.subarray(cut))).toThrow(
      "message size 11 is larger than configured readMaxBytes 10",
    );
    expect(received).toHaveLength(before);
  },
);

test("a message is written with its length before it", () => {
  expect(toFrame(Buffer.of(7, 8))).toEqual(Buffer.of(0, 0, 0, 0, 2, 7, 8));
});
