import { describe, expect, it } from "vitest";
import { BodyReader } from "../../../server/node/src/exchange/body.ts";

const READ = { isEnveloped: false, contentLength: undefined, maxBytes: 100_000 };

/** A body of so many bytes, each of which differs from those beside it. */
function createBytes(count: number): Buffer {
  return Buffer.from(Array.from({ length: count }, (_, index) => index % 251));
}

/** Feed a body byte by byte. @returns what its listener was given, and in how many parts */
function readByteByByte(body: Buffer, { end }: { readonly end: "end" | "giveUp" }) {
  let got: Uint8Array = Buffer.alloc(0);
  let parts = 1;
  const reader = new BodyReader(READ, {
    onBytes: () => undefined,
    onMessage: (bytes) => {
      got = bytes;
    },
    onUnusualBody: (unusual) => {
      got = Buffer.concat(unusual.parts);
      parts = unusual.parts.length;
    },
    onBrokenOff: () => undefined,
  });
  for (let at = 0; at < body.length; at += 1) {
    reader.push(body.subarray(at, at + 1));
  }
  if (end === "end") {
    reader.end();
  } else {
    reader.giveUp(process.stdin);
  }
  return { got: Buffer.from(got), parts };
}

describe("a body that comes in tiny parts", () => {
  it("is the same in the end", () => {
    const body = createBytes(20_000);

    expect(readByteByByte(body, { end: "end" }).got.equals(body)).toBe(true);
  });

  it("is not kept as that many, each of which takes far more memory than it brings", () => {
    const body = createBytes(20_000);

    const { got, parts } = readByteByByte(body, { end: "giveUp" });

    expect(got.equals(body)).toBe(true);
    expect(parts).toBeLessThan(20_000 / 64 + 64);
  });
});
