import { describe, expect, it } from "vitest";
import { packParts } from "../../../../server/src/http/exchange/pack-parts.ts";

async function* inParts(body: Buffer, bytes: number): AsyncIterable<Uint8Array> {
  for (let at = 0; at < body.length; at += bytes) yield body.subarray(at, at + bytes);
}

async function collect(parts: AsyncIterable<Uint8Array>): Promise<readonly Uint8Array[]> {
  const all: Uint8Array[] = [];
  for await (const part of parts) all.push(part);
  return all;
}

const body = Buffer.from(Array.from({ length: 70_001 }, (_, index) => index % 251));

describe("a body in parts", () => {
  it("of one byte is passed on in far fewer", async () => {
    const packed = await collect(packParts(inParts(body, 1)));
    expect(Buffer.concat(packed).equals(body)).toBe(true);
    expect(packed).toHaveLength(Math.ceil(body.length / 64));
  });

  it("of many bytes is passed on as it comes", async () => {
    const parts = await collect(inParts(body, 16 * 1024));
    expect(await collect(packParts(inParts(body, 16 * 1024)))).toEqual(parts);
  });

  it("is read ahead no further than 16 KiB", async () => {
    let read = 0;
    async function* counted(): AsyncIterable<Uint8Array> {
      for await (const part of inParts(body, 1_000)) {
        read += part.length;
        yield part;
      }
    }
    for await (const part of packParts(counted())) {
      expect(part).toHaveLength(17_000);
      break;
    }
    expect(read).toBe(17_000);
  });
});
