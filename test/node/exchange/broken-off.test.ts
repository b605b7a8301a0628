import { once } from "node:events";
import { connect, constants } from "node:http2";
import { describe, expect, it } from "vitest";
import { BodyReader } from "../../../server/node/src/exchange/body.ts";
import { Http1Exchange } from "../../../server/node/src/exchange/http1-exchange.ts";
import { Http2Exchange } from "../../../server/node/src/exchange/http2-exchange.ts";
import { Http2CallRequest } from "../../../server/node/src/exchange/http2-request.ts";
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

describe("a call over HTTP/2", () => {
  it("whose caller resets it is over once, though Node says so twice", async () => {
    const begun = Promise.withResolvers<void>();
    const closed = Promise.withResolvers<void>();
    let calls = 0;
    await using serving = await serveHandler({
      handle: () => undefined,
      onStream(stream, headers, rawHeaders) {
        new Http2Exchange(new Http2CallRequest(stream, headers, rawHeaders), {}).onClose(() => (calls += 1));
        stream.once("close", closed.resolve).resume();
        begun.resolve();
        return true;
      },
    });
    const session = connect(serving.origin);
    const stream = session.request({ ":method": "POST", ":path": "/" });
    stream.on("error", () => undefined).write("some of it");
    await begun.promise;
    stream.close(constants.NGHTTP2_CANCEL);
    await closed.promise;

    expect(calls).toBe(1);
    session.close();
    await once(session, "close");
  });
});
