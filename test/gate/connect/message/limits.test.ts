import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { honestJson } from "../../../support/message-bodies.ts";
import { notEmpty } from "../../../support/not-empty.ts";
import {
  authOf,
  binary,
  COMPRESSIONS,
  enveloped,
  HOSTS,
  json,
  KIB,
  RESOURCE_EXHAUSTED,
  type Seen,
  type Sent,
  send,
  service,
  textOf,
  WAYS,
} from "./hosts.ts";

describe.each(notEmpty(Object.entries(HOSTS)))(
  "what takes too much to read is refused before it is read: %s",
  (name, start) => {
    test.each(notEmpty(Object.keys(WAYS)))("%s", async (wayName) => {
      const seen: Seen = [];
      await using host = await start(authOf(seen));
      const way = WAYS[wayName] ?? expect.fail();
      const read: Record<string, string> = {};
      for (const [isBinary, bodies] of [
        [true, binary],
        [false, json],
      ] as const) {
        for (const [body, bytes] of Object.entries(bodies)) {
          if (wayName !== "Connect, unary" && body === "a large one" && !name.startsWith("listen")) {
            continue; // Connect's adapters leave a client that sends more of a stream than they read without an answer
          }
          const { text } = await send(host, way(bytes, isBinary));
          if (!RESOURCE_EXHAUSTED.test(text)) {
            read[`${body}, ${isBinary ? "binary" : "JSON"}`] = text;
          }
        }
      }
      // Connect repeats what it cannot read
      const unread = Uint8Array.from(Buffer.from(`{"count":"${"k".repeat(100 * KIB)}"}`));
      const { text } = await send(host, way(unread, false));
      expect(text).toMatch(/cannot( |%20)decode.*k{800}/s);
      expect(text.length).toBeLessThan(1_200);
      expect([read, seen.length]).toEqual([{}, 0]);
      // and what does not is served by the same server
      await send(host, way(textOf(3 * KIB * KIB), true));
      await send(host, way(honestJson(KIB * KIB), false));
      expect(seen.map((message) => Reflect.get(message, "text").length > (KIB * KIB) / 2)).toEqual([
        true,
        true,
      ]);
    });

    if (name.startsWith("Express, ")) {
      return; // what is read before is decompressed before
    }
    test.each(notEmpty(Object.keys(COMPRESSIONS)))("compressed with %s", async (encoding) => {
      const seen: Seen = [];
      await using host = await start(authOf(seen));
      const compress = COMPRESSIONS[encoding] ?? expect.fail();
      const pack = (bytes: Uint8Array) => Uint8Array.from(compress(bytes));
      const unary = (bytes: Uint8Array, contentType: string): Sent => ({
        ...{ path: "Unary", contentType, body: pack(bytes), headers: { "content-encoding": encoding } },
      });
      const stream = (bytes: Uint8Array, path: string): Sent => ({
        path,
        contentType: "application/connect+proto",
        body: enveloped(pack(bytes), 1),
        headers: { "connect-content-encoding": encoding },
      });
      const web = (bytes: Uint8Array): Sent => ({
        path: "Unary",
        contentType: "application/grpc-web+proto",
        body: enveloped(pack(bytes), 1),
        headers: { "grpc-encoding": encoding },
      });
      for (const bytes of [...Object.values(binary), new Uint8Array(8 * KIB * KIB)]) {
        for (const sent of [
          unary(bytes, "application/proto"),
          stream(bytes, "Server"),
          stream(bytes, "Upload"),
          web(bytes),
        ]) {
          expect((await send(host, sent)).text).toMatch(RESOURCE_EXHAUSTED);
        }
      }
      for (const bytes of Object.values(json)) {
        expect((await send(host, unary(bytes, "application/json"))).text).toMatch(RESOURCE_EXHAUSTED);
      }
      expect(seen).toEqual([]);
      const good = textOf(100 * KIB);
      for (const sent of [
        unary(good, "application/proto"),
        stream(good, "Server"),
        stream(good, "Upload"),
        web(good),
      ]) {
        await send(host, sent);
      }
      expect(seen.map((message) => Reflect.get(message, "text").length)).toEqual(
        Array(4).fill(100 * KIB - 5),
      );
    });

    test("in an address", async () => {
      const seen: Seen = [];
      await using host = await start(authOf(seen));
      const get = async (bytes: Uint8Array, encoding: string, compression?: string) => {
        const query = new URLSearchParams({ connect: "v1", encoding, base64: "1" });
        query.set(
          "message",
          Buffer.from(compression === undefined ? bytes : gzipSync(bytes)).toString("base64url"),
        );
        if (compression !== undefined) {
          query.set("compression", compression);
        }
        const response = await host.ask(`/${service.typeName}/Unary?${query}`, { method: "GET" });
        return await response.text();
      };
      for (const bytes of [binary["many fields"], binary["deep ones"], new Uint8Array(8 * KIB * KIB)]) {
        expect(await get(bytes ?? expect.fail(), "proto", "gzip")).toContain("resource_exhausted");
      }
      expect(await get(json["deep ones"] ?? expect.fail(), "json")).toContain("resource_exhausted");
      expect(seen).toEqual([]);
      await get(honestJson(KIB), "json");
      expect(seen).toHaveLength(1);
    });
  },
);
