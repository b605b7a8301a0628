import { describe, expect, test } from "vitest";
import { createJwksFetch, type JwksLocation } from "../../../server/gate/src/keys/jwks-location.ts";
import { createTestClock } from "../../support/test-clock.ts";
import { JWKS } from "./site.ts";

const jwksUri = "https://private.example/jwks";
const LATE = "https://private.example/jwks was not answered within 3 seconds (timeout)";

/** Fetch a key set with a fetch of the application's, on a clock that the test holds. */
function setUp(fetch: () => Promise<Response>, headers?: JwksLocation["headers"]) {
  const clock = createTestClock();
  const signals: AbortSignal[] = [];
  const noting: typeof globalThis.fetch = (_url, init) => {
    signals.push(init?.signal as AbortSignal); // each fetch has one
    return fetch();
  };
  const fetchJwks = createJwksFetch("urn:any", { jwksUri, headers, fetch: noting }, { clock });
  return { clock, signals, fetchJwks };
}

/** A body that goes on for ever, and notes that it was let go of. */
function endlessBody() {
  const body = { isCancelled: false, stream: new ReadableStream<Uint8Array>() };
  body.stream = new ReadableStream({
    start: (controller) => controller.enqueue(new TextEncoder().encode('{"keys":')),
    cancel: () => {
      body.isCancelled = true;
    },
  });
  return body;
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

describe("a key set that is not there after 3 seconds", () => {
  test("is given up, also when the fetch does not heed its signal", async () => {
    const { clock, signals, fetchJwks } = setUp(() => new Promise(() => {}));
    const fetched = fetchJwks();
    await settled();
    clock.advance(2999);
    expect(signals[0]?.aborted).toBe(false);
    clock.advance(1);
    await expect(fetched).rejects.toThrowError(LATE);
    expect(signals[0]?.aborted).toBe(true);
  });

  test("is given up and let go of when its body never ends", async () => {
    const body = endlessBody();
    const { clock, fetchJwks } = setUp(async () => new Response(body.stream));
    const fetched = fetchJwks();
    await settled();
    clock.advance(3000);
    await expect(fetched).rejects.toThrowError(LATE);
    expect(body.isCancelled).toBe(true);
  });

  test("is let go of unread when it arrives later", async () => {
    const body = endlessBody();
    const { promise, resolve } = Promise.withResolvers<Response>();
    const { clock, fetchJwks } = setUp(() => promise);
    const fetched = fetchJwks();
    await settled();
    clock.advance(3000);
    await expect(fetched).rejects.toThrowError(LATE);
    resolve(new Response(body.stream));
    await settled();
    expect(body.isCancelled).toBe(true);
  });

  test("is not asked for when its header fields come later", async () => {
    const { promise, resolve } = Promise.withResolvers<Record<string, string>>();
    const { clock, signals, fetchJwks } = setUp(
      async () => Response.json(JWKS),
      () => promise,
    );
    const fetched = fetchJwks();
    clock.advance(3000);
    await expect(fetched).rejects.toThrowError(LATE);
    resolve({ authorization: "Bearer late" });
    await settled();
    expect(signals).toEqual([]);
  });
});

test("a key set that came while the process stood still is taken", async () => {
  const { promise, resolve } = Promise.withResolvers<Response>();
  const { clock, fetchJwks } = setUp(() => promise);
  const fetched = fetchJwks();
  await settled();
  // What is due runs before what came is read.
  clock.standStill(3500);
  resolve(Response.json(JWKS));
  expect((await fetched).json).toEqual(JWKS);
});

describe("a key set leaves no timer behind", () => {
  test("when it is there", async () => {
    const { clock, fetchJwks } = setUp(async () => Response.json(JWKS));
    expect((await fetchJwks()).json).toEqual(JWKS);
    expect(clock.scheduledMs).toEqual([]);
  });

  test("when it is refused, and its body is let go of", async () => {
    for (const status of [503, 302]) {
      const body = endlessBody();
      const headers = { location: "https://evil.example" };
      const { clock, fetchJwks } = setUp(async () => new Response(body.stream, { status, headers }));
      await expect(fetchJwks()).rejects.toThrowError("https://private.example/jwks");
      expect([clock.scheduledMs, body.isCancelled]).toEqual([[], true]);
    }
  });

  test("when it is too large, and its body is let go of without waiting for that", async () => {
    let isCancelled = false;
    const stream = new ReadableStream({
      pull: (controller) => controller.enqueue(new Uint8Array(300 * 1024).fill(0x20)),
      cancel: () => {
        isCancelled = true;
        return new Promise(() => {});
      },
    });
    const { clock, fetchJwks } = setUp(async () => new Response(stream));
    await expect(fetchJwks()).rejects.toThrowError("is larger than 262144 bytes");
    expect([clock.scheduledMs, isCancelled]).toEqual([[], true]);
  });
});
