import { describe, expect, it } from "vitest";
import { packEnvelopes, packParts } from "../../../server/node/src/exchange/pack-parts.ts";

async function* inParts(body: Buffer, bytes: number): AsyncIterable<Uint8Array> {
  for (let at = 0; at < body.length; at += bytes) {
    yield body.subarray(at, at + bytes);
  }
}

async function collect(parts: AsyncIterable<Uint8Array>): Promise<readonly Uint8Array[]> {
  const all: Uint8Array[] = [];
  for await (const part of parts) {
    all.push(part);
  }
  return all;
}

const body = Buffer.from(Array.from({ length: 70_001 }, (_, index) => index % 251));

describe("a body in parts", () => {
  it("of one byte is passed on in far fewer", async () => {
    const packed = await collect(packParts(inParts(body, 1)));
    expect(Buffer.concat(packed).equals(body)).toBe(true);
    expect(packed).toHaveLength(Math.ceil(body.length / (16 * 1024)));
  });

  it("of many bytes is passed on as it comes", async () => {
    const parts = await collect(inParts(body, 16 * 1024));
    expect((await collect(packParts(inParts(body, 16 * 1024)))).map((part) => Buffer.from(part))).toEqual(
      parts,
    );
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

/** A message in its envelope. */
function envelope(data: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(data.length, 1);
  return Buffer.concat([head, data]);
}

describe("a body of enveloped messages", () => {
  const messages = [body, Buffer.alloc(0), body.subarray(0, 1), body.subarray(0, 300), Buffer.alloc(0)];

  for (const bytes of [1, 3, 5, 7, 1_000, 100_000]) {
    it(`keeps none waiting that is whole, in parts of ${bytes} bytes`, async () => {
      let sent = 0;
      let received = 0;
      const stream = Buffer.concat(messages.map(envelope));
      async function* counted(): AsyncIterable<Uint8Array> {
        for await (const part of inParts(stream, bytes)) {
          // Whoever asks for more has got every message that was whole, and every length.
          let whole = 0;
          for (const { length } of messages) {
            if (sent >= whole + 5) {
              expect(received).toBeGreaterThanOrEqual(whole + 5);
            }
            if (sent < whole + 5 + length) {
              break;
            }
            whole += 5 + length;
          }
          expect(received).toBeGreaterThanOrEqual(whole);
          sent += part.length;
          yield part;
        }
      }
      const parts: Uint8Array[] = [];
      for await (const part of packEnvelopes(counted())) {
        parts.push(part);
        received += part.length;
      }
      expect(Buffer.concat(parts).equals(stream)).toBe(true);
    });
  }

  it("is passed on in far fewer parts than bytes", async () => {
    const parts = await collect(packEnvelopes(inParts(envelope(body), 1)));
    expect(Buffer.concat(parts).equals(envelope(body))).toBe(true);
    expect(parts).toHaveLength(1 + Math.ceil(body.length / (16 * 1024)));
  });

  it("is passed on to its end, also when that is none", async () => {
    const cut = envelope(body).subarray(0, 1_000);
    expect(Buffer.concat(await collect(packEnvelopes(inParts(cut, 1)))).equals(cut)).toBe(true);
  });
});
