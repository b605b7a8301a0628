import { describe, expect, it } from "vitest";
import { FrameReader } from "../../../server/node/src/exchange/frame-reader.ts";

const frame = (text: string, flags = 0): Buffer => {
  const head = Buffer.from([flags, 0, 0, 0, 0]);
  head.writeUInt32BE(text.length, 1);
  return Buffer.concat([head, Buffer.from(text)]);
};
const texts = (frames: ReturnType<FrameReader["push"]>): readonly string[] =>
  frames.map(({ data }) => Buffer.from(data).toString());

describe("the frames of a body", () => {
  it("are found wherever it is cut", () => {
    const whole = Buffer.concat([frame("one"), frame(""), frame("x".repeat(600)), frame("four")]);
    for (let size = 1; size <= whole.length; size += 1) {
      const reader = new FrameReader(1_000);
      const found: string[] = [];
      for (let at = 0; at < whole.length; at += size) {
        found.push(...texts(reader.push(whole.subarray(at, at + size))));
      }
      expect(found).toEqual(["one", "", "x".repeat(600), "four"]);
      expect(reader.pendingBytes).toBe(0);
    }
  });

  it("keep their flags, and memory of their own", () => {
    const part = frame("text", 129);
    const [found] = new FrameReader(1_000).push(part);
    part.fill(0);
    expect(found?.flags).toBe(129);
    expect(Buffer.from(found?.data ?? []).toString()).toBe("text");
  });

  it("are counted while they are not whole, and forgotten when that is asked", () => {
    const reader = new FrameReader(1_000);
    reader.push(Buffer.concat([frame("one"), frame("two").subarray(0, 6)]));
    expect(reader.pendingBytes).toBe(6);
    reader.drop();
    expect(texts(reader.push(frame("three")))).toEqual(["three"]);
  });

  it("are refused when one is too large, and then none of the part is taken", () => {
    const reader = new FrameReader(3);
    expect(texts(reader.push(frame("abc")))).toEqual(["abc"]);
    expect(() => reader.push(Buffer.concat([frame("a"), frame("abcd")]))).toThrow(
      "message size 4 is larger than configured readMaxBytes 3",
    );
  });
});
