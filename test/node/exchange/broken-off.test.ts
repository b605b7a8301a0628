import { describe, expect, it } from "vitest";
import { BodyReader } from "../../../server/node/src/exchange/body.ts";
import { Http1Exchange } from "../../../server/node/src/exchange/http1-exchange.ts";
import type { RequestHandler } from "../../../server/node/src/handler.ts";
import { isHttp2Request, isHttp2Response } from "../../../server/node/src/handler.ts";
import { connectRaw, serveHandler } from "../serving.ts";

const HEAD = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n";

describe("a body over HTTP/1.1", () => {
  it("whose caller leaves is not waited for any longer", async () => {
    const begun = Promise.withResolvers<void>();
    const brokenOff = Promise.withResolvers<void>();
    const never = (): void => brokenOff.reject(new Error("it is no body"));
    const handle: RequestHandler = (req, res) => {
      if (isHttp2Request(req) || isHttp2Response(res)) {
        return;
      }
      const listener = {
        onBytes: () => undefined,
        onMessage: never,
        onUnusualBody: never,
        onBrokenOff: brokenOff.resolve,
      };
      const shape = { isEnveloped: false, contentLength: 100, maxBytes: 1_000 };
      new Http1Exchange(req, res).receive(new BodyReader(shape, listener));
      begun.resolve();
    };
    await using serving = await serveHandler({ handle });
    const socket = await connectRaw(serving.port);
    socket.write(`${HEAD}some of it`);
    await begun.promise;
    socket.destroy();

    await expect(brokenOff.promise).resolves.toBeUndefined();
  });
});
