import fc from "fast-check";
import { expect, test } from "vitest";
import { createBase64Decoder, encodeBase64Bytes } from "../../../server/gate/src/kernel/base64-bytes.ts";
import { notEmpty } from "../../support/not-empty.ts";

const toText = (bytes: Uint8Array): string => Buffer.from(bytes).toString("latin1");
const toBytes = (text: string): Uint8Array => Buffer.from(text, "latin1");

/** Decode parts; undefined when one of them is no base64, or the last group is not whole. */
function decode(parts: readonly Uint8Array[]): Buffer | undefined {
  const decoder = createBase64Decoder();
  const decoded: Uint8Array[] = [];
  for (const part of parts) {
    const bytes = decoder.read(part);
    if (bytes === undefined) {
      return undefined;
    }
    decoded.push(bytes);
  }
  return decoder.isWhole() ? Buffer.concat(decoded) : undefined;
}

test("writes what Node writes", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      expect(toText(encodeBase64Bytes(bytes))).toBe(Buffer.from(bytes).toString("base64"));
    }),
  );
});

test("reads texts that follow each other, wherever they are divided", () => {
  const texts = fc.array(fc.uint8Array({ maxLength: 9 }), { maxLength: 5 });
  fc.assert(
    fc.property(texts, fc.array(fc.nat({ max: 60 })), (list, places) => {
      const encoded = Buffer.concat(list.map(encodeBase64Bytes));
      const cuts = [0, ...places.toSorted((a, b) => a - b), encoded.length];
      const parts = cuts.slice(1).map((end, at) => encoded.subarray(cuts[at], end));
      expect(decode(parts)).toEqual(Buffer.concat(list));
    }),
  );
});

test.each(
  notEmpty([
    "A",
    "AA",
    "AAA",
    "=",
    "A=",
    "A===",
    "====",
    "AA=A",
    "A=AA",
    "AA=",
    "AA-_",
    "AA A",
    "AAAA\n",
    "AA\u0000A",
  ]),
)("does not read %j", (text) => {
  expect(decode([toBytes(text)])).toBeUndefined();
  expect(decode(text.split("").map(toBytes))).toBeUndefined();
});
