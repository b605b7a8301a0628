import { setImmediate } from "node:timers/promises";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { createContextValues } from "@connectrpc/connect";
import { afterEach, describe, expect, test } from "vitest";
import { createFetchHandler } from "../../../../server/gate/src/connect/create-fetch-handler.ts";
import { findFormat } from "../../../../server/gate/src/connect/message/decompress.ts";
import {
  createExpandMessage,
  createMessageRoom,
} from "../../../../server/gate/src/connect/message/expand-message.ts";
import { setPeer } from "../../../../server/gate/src/connect/peer.ts";
import { createByteBudget } from "../../../../server/gate/src/kernel/byte-budget.ts";
import { notEmpty } from "../../../support/not-empty.ts";
import { authOf, KIB, type Seen, service, textOf } from "./hosts.ts";

const LARGE = 256 * KIB;
const COMPRESS = { gzip: gzipSync, br: brotliCompressSync };
const MAX_AT_A_TIME = 4;

/** A request whose messages are decompressed, and the room that it has for it. */
function roomFor(maxBytes = 16 * KIB * KIB) {
  const budget = createByteBudget({ maxBytes, maxBytesPerConnection: maxBytes });
  const room = createMessageRoom(budget);
  const left = new AbortController();
  const expand = (encoding: keyof typeof COMPRESS, bytes: Uint8Array, peer = "a") => {
    const request = {
      ...{ httpVersion: "2.0", method: "POST", url: "http://localhost/", header: new Headers() },
      ...{ body: (async function* () {})(), signal: left.signal },
      contextValues: setPeer(createContextValues(), peer),
    };
    const format = findFormat(encoding) ?? expect.fail();
    return createExpandMessage(request, format, room)(COMPRESS[encoding](bytes), LARGE);
  };
  /** Take all places. @returns what frees one of them */
  const takeAll = async () => {
    const free: (() => void)[] = [];
    for (let place = 0; place < MAX_AT_A_TIME; place += 1) {
      const source = { address: "b", account: "", isKnown: false };
      void room.limitLarge(source, () => new Promise<void>((resolve) => free.push(resolve)));
    }
    await setImmediate();
    return () => free.pop()?.();
  };
  return { budget, left, expand, takeAll };
}

/** Find out whether a promise waits, after all that could settle it had its turn. */
async function isWaiting(promise: Promise<unknown>): Promise<boolean> {
  let isSettled = false;
  const settle = (): void => {
    isSettled = true;
  };
  promise.then(settle, settle);
  for (let turn = 0; turn < 20; turn += 1) {
    await setImmediate();
  }
  return !isSettled;
}

describe("messages that become large", () => {
  test.each(notEmpty(["gzip", "br"] as const))("wait until others are decompressed: %s", async (encoding) => {
    const { budget, expand, takeAll } = roomFor();
    const freeOne = await takeAll();
    const large = expand(encoding, textOf(LARGE - KIB));
    expect(await isWaiting(large)).toBe(true);
    expect(budget.heldBytes).toBeGreaterThan(0);
    freeOne();
    expect((await large).length).toBe(textOf(LARGE - KIB).length);
    expect(budget.heldBytes).toBe(0);
  });

  test("do not keep small ones waiting, unless these are in brotli, which says nothing of their size", async () => {
    const { expand, takeAll } = roomFor();
    await takeAll();
    expect((await expand("gzip", textOf(KIB))).length).toBe(textOf(KIB).length);
    expect(await isWaiting(expand("br", textOf(KIB)))).toBe(true);
  });

  test("are refused in their turn when the client has left, or their bytes had to be given up", async () => {
    const first = roomFor();
    const freeOne = await first.takeAll();
    const gone = first.expand("br", textOf(LARGE - KIB));
    first.left.abort();
    freeOne();
    await expect(gone).rejects.toThrow("too many bytes wait");

    const random = crypto.getRandomValues(new Uint8Array(8 * KIB));
    const second = roomFor(20 * KIB);
    const freeAnother = await second.takeAll();
    const waiting = [random, random, random].map((bytes) => second.expand("br", bytes));
    freeAnother();
    const outcomes = await Promise.allSettled(waiting);
    expect(outcomes.map(({ status }) => status)).toContain("rejected");
    expect(second.budget.heldBytes).toBe(0);
  });
});

describe("a server that is sent tiny messages that become large", () => {
  const { DecompressionStream } = globalThis;
  afterEach(() => {
    globalThis.DecompressionStream = DecompressionStream;
  });

  test("decompresses four at a time, and others once a client has left", async () => {
    let begun = 0;
    globalThis.DecompressionStream = class {
      readonly readable = new ReadableStream();
      readonly writable = new WritableStream({
        write() {
          begun += 1;
        },
      });
    } as typeof DecompressionStream;
    const handler = createFetchHandler(authOf([]));
    const body = Uint8Array.from(brotliCompressSync(textOf(LARGE)));
    const clients = Array.from({ length: 10 }, () => {
      const left = new AbortController();
      const answer = handler(
        new Request(`http://localhost/${service.typeName}/Unary`, {
          ...{ method: "POST", signal: left.signal, body },
          headers: { "content-type": "application/proto", "content-encoding": "br" },
        }),
      );
      return { left, answer };
    });
    expect(await isWaiting(Promise.race(clients.map(({ answer }) => answer)))).toBe(true);
    expect(begun).toBe(MAX_AT_A_TIME);
    clients[0]?.left.abort();
    await clients[0]?.answer;
    await expect.poll(() => begun).toBe(MAX_AT_A_TIME + 1);
    for (const { left } of clients) {
      left.abort();
    }
    await Promise.all(clients.map(({ answer }) => answer));
  });

  test("decompresses the message in an address in its turn, too, and hands it on as it is", async () => {
    const seen: Seen = [];
    const handler = createFetchHandler(authOf(seen));
    const message = Buffer.from(brotliCompressSync(textOf(LARGE))).toString("base64url");
    const query = `connect=v1&encoding=proto&base64=1&compression=br&message=${message}`;
    const { status } = await handler(new Request(`http://localhost/${service.typeName}/Unary?${query}`));
    expect([status, Reflect.get(seen[0] ?? {}, "text").length]).toEqual([200, LARGE - 5]);
  });
});
