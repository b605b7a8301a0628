import { Readable } from "node:stream";
import { describe, expect, it } from "vitest";
import { readForm } from "../../../server/issuer/src/oauth2/form.ts";
import type { HttpRequest } from "../../../server/node/src/handler.ts";

/** How many parts come before the memory of one is used for another. */
const PARTS_ALIVE = 256;

/** Hand out a body byte by byte, in memory that is overwritten some parts later. */
function* byteByByte(body: Buffer): Iterable<Buffer> {
  const parts = Array.from({ length: PARTS_ALIVE }, () => Buffer.alloc(1));
  for (const [at, byte] of body.entries()) {
    const part = parts[at % PARTS_ALIVE] ?? Buffer.alloc(1);
    part[0] = byte;
    yield part;
  }
}

describe("a form that comes byte by byte", () => {
  it("is put together on the way: each part takes far more memory than it brings", async () => {
    const token = Array.from({ length: 5_000 }, (_, index) => index).join("-");
    const headers = { "content-type": "application/x-www-form-urlencoded" };
    const body = Readable.from(byteByByte(Buffer.from(`token=${token}`)));
    // All of a request that is looked at.
    const req = Object.assign(body, {
      headers,
      httpVersionMajor: 1,
      complete: true,
    }) as unknown as HttpRequest;

    const form = await readForm(req);
    expect(form.need("token")).toBe(token);
  });
});
