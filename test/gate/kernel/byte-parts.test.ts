import { array, assert, nat, property } from "fast-check";
import { expect, test } from "vitest";
import { createByteParts } from "../../../server/gate/src/kernel/byte-parts.ts";
import { watchCopies } from "../../support/copies.ts";
import { notEmpty } from "../../support/not-empty.ts";

const KIB = 1024;

/** Bytes that each differ from those beside them. */
const bytesOf = (count: number): Uint8Array => Uint8Array.from({ length: count }, (_, at) => at % 251);

const sizes: readonly (readonly [part: number, atMost: number])[] = [
  [1, 14],
  [3, 14],
  [1_023, 14],
  [1_024, 128],
  [64 * KIB, 2],
];
test.each(notEmpty(sizes))("a body in parts of %i bytes is held in few pieces", (partBytes, atMost) => {
  const body = bytesOf(128 * KIB);
  const parts = createByteParts();
  for (let at = 0; at < body.length; at += partBytes) {
    parts.add(body.slice(at, at + partBytes));
  }
  expect(parts.size).toBe(body.length);
  using copies = watchCopies();
  const all = parts.take();
  expect(copies.count).toBeLessThanOrEqual(atMost);
  expect(Buffer.compare(all, body)).toBe(0);
  expect([parts.size, parts.take().length]).toEqual([0, 0]);
});

test("a part that is cut out of a large piece of memory does not keep all of it", () => {
  const parts = createByteParts();
  const large = bytesOf(64 * KIB);
  parts.add(large.subarray(0, 2 * KIB));
  large.fill(0);
  expect(Buffer.compare(parts.take(), bytesOf(2 * KIB))).toBe(0);
});

test("whatever the parts are, they are the same bytes in the same order, and those to be skipped are left out", () => {
  assert(
    property(array(nat(3_000), { maxLength: 40 }), nat(3_000), (lengths, skipped) => {
      const body = bytesOf(lengths.reduce((sum, length) => sum + length, 0));
      const parts = createByteParts();
      let at = 0;
      for (const length of lengths) {
        parts.add(body.slice(at, at + length));
        at += length;
      }
      const skip = Math.min(skipped, body.length);
      expect(Buffer.compare(parts.take(skip), body.subarray(skip))).toBe(0);
    }),
  );
});
