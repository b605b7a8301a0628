import { create, fromBinary, type Message, toBinary } from "@bufbuild/protobuf";
import { ValueSchema } from "@bufbuild/protobuf/wkt";
import { assert, property, uint8Array } from "fast-check";
import { describe, expect, test } from "vitest";
import { walkBinary } from "../../../../server/gate/src/connect/message/binary-walk.ts";
import { shapeOf } from "../../../../server/gate/src/connect/message/message-shape.ts";
import { resolveMessageLimits } from "../../../../server/gate/src/kernel/message-limits.ts";
import { BINARY_BODIES, delimited, honestBinary, nested, repeated } from "../../../support/message-bodies.ts";
import { notEmpty } from "../../../support/not-empty.ts";
import { Order } from "../../authorize/order-file.ts";

const KIB = 1024;
const limits = resolveMessageLimits({ maxElements: 100, maxDepth: 10 });
const walk = (bytes: Uint8Array, given = limits) => walkBinary(bytes, shapeOf(Order), given);
/** So many elements, and not one more. */
const atMost = (maxElements: number) => resolveMessageLimits({ ...limits, maxElements });

describe("a message in binary that takes much to read is seen before it is read:", () => {
  test.each(notEmpty(Object.entries(BINARY_BODIES)))("%s", (name, make) => {
    expect(walk(make(64 * KIB))).toBe(/nested|lists in/.test(name) ? "depth" : "elements");
  });
});

describe("a message counts for what it has", () => {
  const orders: Readonly<
    Record<string, { readonly order: Readonly<Record<string, unknown>>; readonly elements: number }>
  > = {
    nothing: { order: {}, elements: 0 },
    "fields of every form": {
      order: {
        owner: { name: "a", age: 1 },
        cents: 5n,
        weight: 1.5,
        text: "a",
        raw: new Uint8Array(9),
        paid: true,
      },
      elements: 8,
    },
    lists: { order: { tags: ["a", "b"], people: [{}, { name: "a" }] }, elements: 5 },
    "a map": { order: { labels: { a: "b", c: "d" } }, elements: 6 },
    "a struct": { order: { extra: { a: [1, "b"], c: {} } }, elements: 13 },
    "a wrapper": { order: { note: "a", limit: 7 }, elements: 4 },
  };
  test.each(notEmpty(Object.entries(orders)))("%s", (_, { order, elements }) => {
    const bytes = toBinary(Order, create(Order, order));
    expect(walk(bytes, atMost(Math.max(1, elements)))).toBeUndefined();
    if (elements > 1) {
      expect(walk(bytes, atMost(elements - 1))).toBe("elements");
    }
  });

  test("a text for one, however long it is, and the larger a message is, the fewer others it may have", () => {
    const withText = (tags: number, bytes: number) =>
      Uint8Array.from(Buffer.concat([repeated([0x4a, 0], tags * 2), honestBinary(bytes)]));
    for (const [bytes, tags] of [
      [KIB, 399],
      [2 * KIB * KIB, 249],
      [4 * KIB * KIB, 99],
      [6 * KIB * KIB, 99],
    ] as const) {
      expect([bytes, walk(withText(tags - 1, bytes), atMost(400))]).toEqual([bytes, undefined]);
      expect([bytes, walk(withText(tags + 1, bytes), atMost(400))]).toEqual([bytes, "elements"]);
    }
    expect(walk(honestBinary(4 * KIB * KIB), atMost(1))).toBeUndefined();
  });

  test("and neither 10,000 texts nor 6,000 records of two fields are too many", () => {
    const texts = repeated([0x4a, 1, 0x61], 10_000 * 3);
    const records = repeated([0x52, 5, 0x0a, 1, 0x61, 0x10, 1], 6_000 * 7);
    expect(walk(texts, resolveMessageLimits())).toBeUndefined();
    expect(walk(records, resolveMessageLimits())).toBeUndefined();
  });

  test("its levels", () => {
    const value = (levels: number) => delimited(17, nested([6, 1], levels * 2 * 2));
    expect(walk(value(2))).toBeUndefined();
    expect(walk(value(20))).toBe("depth");
  });
});

describe("a message that could be read in two ways is malformed:", () => {
  const bodies: Readonly<Record<string, readonly number[]>> = {
    "a number where a text should be": [0x28, 1],
    "a text where a number should be": [0x12, 1, 0x61],
    "a number of a fixed size where a varint should be": [0x11, 1, 2, 3, 4, 5, 6, 7, 8],
    "a group where a message should be": [0x0b, 0x0c],
    "a message that goes beyond the one that it is in": [0x0a, 2, 0x0a, 5, 0x61, 0x61, 0x61, 0x61],
    "the end of a group that has not begun": [0x0c],
    "a group that does not end": [0xa3, 0x06],
    "a wire type that there is not": [0x0e],
    "a text that is not there": [0x2a, 9],
    "a text that ends where no number of 32 bits says": [0x2a, 0x81, 0x80, 0x80, 0x80, 0x10, 0x61],
    "a tag beyond the largest": [0x8a, 0x80, 0x80, 0x80, 0x10, 0],
    "a tag that has more bytes than a number of 64 bits": [...Array(10).fill(0x80), 0],
    "a length that has more bytes than a number of 64 bits": [0x2a, ...Array(10).fill(0x80), 0],
    "a number that has more bytes than one of 64 bits": [0xa0, 6, ...Array(10).fill(0x80), 0],
    "a varint that does not end": [0xa0, 6, ...Array(400).fill(0xff)],
  };
  test.each(notEmpty(Object.entries(bodies)))("%s", (_, bytes) => {
    expect(walk(Uint8Array.from(bytes))).toBe("malformed");
  });

  test("and the largest tag, the longest number and a length in more bytes than it needs are not", () => {
    const largestTag = [0xfd, 0xff, 0xff, 0xff, 0x0f, 1, 2, 3, 4];
    const longest = [0xa0, 6, ...Array(9).fill(0xff), 1];
    const padded = [0x2a, 0x81, 0x80, 0x80, 0x80, 0, 0x61];
    expect(walk(Uint8Array.from([...largestTag, ...longest, ...padded]), atMost(3))).toBeUndefined();
    expect(walk(Uint8Array.from([...largestTag, ...longest, ...padded]), atMost(2))).toBe("elements");
  });

  test("and unknown fields of every form are not", () => {
    const unknown = [
      0xa0, 6, 1, 0xa1, 6, 1, 2, 3, 4, 5, 6, 7, 8, 0xa2, 6, 1, 0x61, 0xa3, 6, 0xa4, 6, 0xa5, 6, 1, 2, 3, 4,
    ];
    expect(walk(Uint8Array.from(unknown))).toBeUndefined();
    expect(walk(Uint8Array.from(unknown), atMost(4))).toBe("elements");
  });
});

test("packed numbers count as one for every eight", () => {
  const packed = (numbers: number) =>
    delimited(1, delimited(4, repeated([0, 0, 0, 0, 0, 0, 0, 0], numbers * 8)));
  // Value.list_value of numbers has none; an unknown field is passed over whole.
  expect(walk(delimited(100, packed(1000)), atMost(1))).toBeUndefined();
});

/** Count what a message was made of, as far as it shows. */
function partsOf(value: unknown): number {
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) {
    return 1;
  }
  return Object.entries(value as Record<string, unknown>)
    .filter(([name, member]) => !name.startsWith("$") && member !== undefined)
    .reduce(
      (sum, [, member]) =>
        sum +
        (Array.isArray(member) ? member.length : 0) +
        (typeof member === "object" ? partsOf(member) : 0),
      0,
    );
}

test("whatever is read has no more in it than was counted, and nothing that is read is endless", () => {
  assert(
    property(uint8Array({ maxLength: 64 }), (bytes) => {
      let read: Message;
      try {
        read = fromBinary(ValueSchema, bytes, { readUnknownFields: false });
      } catch {
        walkBinary(bytes, shapeOf(ValueSchema), limits); // ends
        return;
      }
      const parts = partsOf(read);
      const fault =
        parts < 2 ? "elements" : walkBinary(bytes, shapeOf(ValueSchema), atMost(Math.floor(parts / 8) || 1));
      expect(parts < 16 || fault !== undefined).toBe(true);
    }),
    { numRuns: 2_000 },
  );
});
