import { once } from "node:events";
import { connect as connectHttp2, constants } from "node:http2";
import { describe, expect, it } from "vitest";
import { ask, serve } from "./serving.ts";

describe("a request over HTTP/2 that is reset at once", () => {
  for (const path of ["/", "/countersign.demo.v1.NotesService/CreateNote"]) {
    it(`does not end the process, also when it expects to be told to continue: ${path}`, async () => {
      const thrown: unknown[] = [];
      const keep = (error: unknown): void => void thrown.push(error);
      process.on("uncaughtException", keep);
      await using serving = await serve();
      const session = connectHttp2(serving.origin);
      await once(session, "connect");
      const closed = Array.from({ length: 50 }, async (_, index) => {
        const header = { ":method": "POST", ":path": path, expect: "100-continue" };
        const stream = session.request(header, { endStream: false });
        stream.on("error", () => undefined);
        // Sent right behind the header, as often as not in the same packet.
        stream.close(index % 2 === 0 ? constants.NGHTTP2_CANCEL : constants.NGHTTP2_INTERNAL_ERROR);
        await once(stream, "close").catch(() => undefined);
      });
      await Promise.all(closed);
      session.destroy();
      expect((await ask(serving.origin, { path: "/nothing" })).status).toBe(404);
      process.off("uncaughtException", keep);

      expect(thrown).toEqual([]);
    });
  }
});
