import { once } from "node:events";
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  type ClientSessionRequestOptions,
  connect as connectHttp2,
  constants,
} from "node:http2";
import { describe, expect, it } from "vitest";
import type { Endpoint } from "../../../server/gate/src/kernel/endpoint.ts";
import { ask, connectRaw, type Serving, serve } from "../serving.ts";

/** Sends a request and leaves once the endpoint has begun. */
type Leave = (serving: Serving, begun: Promise<void>) => Promise<void>;

/** Leave over HTTP/2, with a request that is whole or one in the middle of its body. */
const leaveHttp2 =
  (
    options: ClientSessionRequestOptions,
    end: (stream: ClientHttp2Stream, session: ClientHttp2Session) => void,
  ): Leave =>
  async ({ origin }, begun) => {
    const session = connectHttp2(origin);
    const fields = { ":method": "POST", ":path": "/endpoint" };
    const stream = session.request(fields, options).on("error", () => undefined);
    await begun;
    end(stream, session);
    await once(stream, "close").catch(() => undefined);
    session.destroy();
  };

const WHOLE: ClientSessionRequestOptions = { endStream: true };

const WAYS_TO_LEAVE: Readonly<Record<string, Leave>> = {
  "a connection of HTTP/1.1 ends": async ({ port }, begun) => {
    const socket = await connectRaw(port);
    socket.write("GET /endpoint HTTP/1.1\r\nHost: a\r\n\r\n");
    await begun;
    socket.destroy();
  },
  "CANCEL over HTTP/2": leaveHttp2(WHOLE, (stream) => stream.close(constants.NGHTTP2_CANCEL)),
  "NO_ERROR over HTTP/2": leaveHttp2(WHOLE, (stream) => stream.close(constants.NGHTTP2_NO_ERROR)),
  "CANCEL in the middle of a body": leaveHttp2({}, (stream) => stream.close(constants.NGHTTP2_CANCEL)),
  "a connection of HTTP/2 ends": leaveHttp2(WHOLE, (_, session) => session.destroy()),
};

describe("the signal of an endpoint's request", () => {
  for (const [way, leave] of Object.entries(WAYS_TO_LEAVE)) {
    it(`is aborted when its client leaves, and what is thrown then is not reported: ${way}`, async () => {
      const reported: unknown[] = [];
      const begun = Promise.withResolvers<void>();
      const aborted = Promise.withResolvers<boolean>();
      const wait: Endpoint = async ({ signal }) => {
        begun.resolve();
        await once(signal, "abort");
        aborted.resolve(signal.aborted);
        throw new Error("the client has left");
      };
      const onError = (error: unknown): void => void reported.push(error);
      await using serving = await serve({ endpoints: { "/endpoint": wait }, onError });
      await leave(serving, begun.promise);
      expect(await aborted.promise).toBe(true);
      await new Promise(setImmediate);
      expect(reported).toEqual([]);
    });
  }

  it("is not aborted when the response has been sent whole", async () => {
    const signals: AbortSignal[] = [];
    const endpoint: Endpoint = async ({ signal }) => {
      signals.push(signal);
      return new Response("body");
    };
    await using serving = await serve({ endpoints: { "/endpoint": endpoint } });
    await ask(serving.origin, { path: "/endpoint" });
    const session = connectHttp2(serving.origin);
    const stream = session.request({ ":path": "/endpoint" }).resume();
    await once(stream, "close");
    session.destroy();
    await serving.listener.close(0);
    expect(signals.map(({ aborted }) => aborted)).toEqual([false, false]);
  });
});
