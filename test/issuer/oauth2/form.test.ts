import { describe, expect, it, vi } from "vitest";
import { readForm } from "../../../server/issuer/src/oauth2/form.ts";
import { createTestClock } from "../../support/test-clock.ts";
import { toStream } from "../../support/to-stream.ts";
import { readingBy } from "./form-reading.ts";

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

/** A request as any host of the Fetch API hands it over. */
function post(body: ReadableStream<Uint8Array>, type = "application/x-www-form-urlencoded"): Request {
  const init = { method: "POST", headers: { "content-type": type }, body, duplex: "half" };
  return new Request("https://issuer.example/oauth2/token", init);
}

describe("a form that comes byte by byte", () => {
  it("is put together on the way: each part takes far more memory than it brings", async () => {
    const token = Array.from({ length: 5_000 }, (_, index) => index).join("-");
    const body = toStream(byteByByte(Buffer.from(`token=${token}`)));
    const form = await readForm(post(body), readingBy(createTestClock()));
    expect(form.need("token")).toBe(token);
  });
});

describe("a form that has no end", () => {
  it("is not read beyond 64 KiB", async () => {
    let bytes = 0;
    const cancelled = vi.fn();
    const body = new ReadableStream<Uint8Array>(
      {
        pull(controller) {
          bytes += 1_000;
          controller.enqueue(new Uint8Array(1_000).fill(0x61));
        },
        cancel: cancelled,
      },
      { highWaterMark: 0 },
    );
    await expect(readForm(post(body), readingBy(createTestClock()))).rejects.toMatchObject({
      code: "invalid_request",
      status: 413,
    });
    expect(bytes).toBe(66_000);
    expect(cancelled).toHaveBeenCalledOnce();
  });

  it("is not read on when it brings nothing, part by part: it would keep the process from everything else", async () => {
    let parts = 0;
    const cancelled = vi.fn();
    const body = new ReadableStream<Uint8Array>(
      {
        pull(controller) {
          parts += 1;
          if (parts > 100_000) {
            controller.error(new Error("read on and on"));
            return;
          }
          controller.enqueue(new Uint8Array());
        },
        cancel: cancelled,
      },
      { highWaterMark: 0 },
    );
    await expect(readForm(post(body), readingBy(createTestClock()))).rejects.toMatchObject({
      code: "invalid_request",
      status: 413,
    });
    expect(parts).toBe(1_001);
    expect(cancelled).toHaveBeenCalledOnce();
  });

  it("is waited for ten seconds in all, however little comes at a time", async () => {
    const clock = createTestClock();
    const cancelled = vi.fn();
    let send: (() => void) | undefined;
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        send = () => controller.enqueue(Buffer.from("a"));
      },
      cancel: cancelled,
    });
    const read = readForm(post(body), readingBy(clock));
    const refused = expect(read).rejects.toMatchObject({ code: "invalid_request", status: 408 });
    for (let second = 0; second < 9; second++) {
      clock.advance(1_000);
      send?.();
      await new Promise(setImmediate);
    }
    clock.advance(999);
    expect(cancelled).not.toHaveBeenCalled();
    clock.advance(1);
    expect(cancelled).toHaveBeenCalledOnce();
    await refused;
  });

  it("is not waited for any longer when it has come", async () => {
    const clock = createTestClock();
    await readForm(post(toStream([Buffer.from("a=b")])), readingBy(clock));
    expect(clock.scheduledMs).toEqual([]);
  });

  it("is not waited for when its client has left", async () => {
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => controller.error(new Error("reset")),
    });
    await expect(readForm(post(body), readingBy(createTestClock()))).rejects.toMatchObject({
      code: "invalid_request",
      status: 400,
    });
  });
});

describe("the type of a form", () => {
  const types = {
    "application/x-www-form-urlencoded": true,
    "Application/X-WWW-Form-Urlencoded; charset=UTF-8": true,
    "application/x-www-form-urlencoded, application/json": false,
    "application/x-www-form-urlencoded; a=b, application/json": false,
    "application/x-www-form-urlencodedx": false,
  };
  it.each(Object.entries(types))("%s", async (type, isForm) => {
    const read = readForm(post(toStream([Buffer.from("a=b")]), type), readingBy(createTestClock()));
    await (isForm
      ? expect(read).resolves.toMatchObject({ get: expect.any(Function) })
      : expect(read).rejects.toMatchObject({ code: "invalid_request", status: 400 }));
  });
});
