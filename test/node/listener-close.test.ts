import { once } from "node:events";
import { connect as connectHttp2, constants } from "node:http2";
import { text } from "node:stream/consumers";
import { describe, expect, it } from "vitest";
import type { HttpHandler } from "../../server/node/src/handler.ts";
import { connectRaw, readAll, serveHandler } from "./serving.ts";

describe("closing a listener", () => {
  /** Answers when the test says so. */
  function createPending() {
    const { promise: arrived, resolve: arrive } = Promise.withResolvers<void>();
    const { promise: released, resolve: release } = Promise.withResolvers<void>();
    const handler: HttpHandler = {
      handle(_req, res) {
        arrive();
        void released.then(() => res.end("finished"));
      },
    };
    return { arrived, release, handler };
  }

  it("lets a call over HTTP/1.1 finish, and closes its connection", async () => {
    const pending = createPending();
    await using serving = await serveHandler(pending.handler);
    const socket = await connectRaw(serving.port);
    const answer = readAll(socket);
    socket.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    await pending.arrived;
    const closed = serving.listener.close(10_000);
    pending.release();
    expect(await answer).toMatch(/^HTTP\/1\.1 200 OK[\s\S]*connection: close[\s\S]*finished$/i);
    await closed;
  });

  it("sends GOAWAY over HTTP/2, and lets the call finish", async () => {
    const pending = createPending();
    await using serving = await serveHandler(pending.handler);
    const session = connectHttp2(serving.origin);
    const stream = session.request({ ":path": "/" });
    await pending.arrived;
    const goaway = once(session, "goaway");
    const closed = serving.listener.close(10_000);
    expect((await goaway)[0]).toBe(constants.NGHTTP2_NO_ERROR);
    pending.release();
    expect(await text(stream)).toBe("finished");
    await closed;
  });

  it("within the delay, ends a connection over HTTP/2 with an answer, but not one that carries another call", async () => {
    const { promise: released, resolve: release } = Promise.withResolvers<void>();
    let over = Promise.withResolvers<void>();
    await using serving = await serveHandler((req, res) => {
      if (req.url === "/open") {
        void released.then(() => res.end());
      } else {
        res.once("close", over.resolve);
        res.end("answer");
      }
    });
    const connect = async () => {
      const session = connectHttp2(serving.origin);
      const ends: string[] = [];
      session.on("goaway", () => void ends.push("goaway"));
      const call = async (): Promise<void> => {
        over = Promise.withResolvers();
        ends.push(await text(session.request({ ":path": "/" })));
        await over.promise;
      };
      await call();
      return { session, ends, call };
    };
    const [alone, busy] = [await connect(), await connect()];
    const stream = busy.session.request({ ":path": "/open" });
    stream.resume();
    const gone = once(alone.session, "close");
    const closed = serving.listener.close(10_000, { delayMs: 200 });
    while (!alone.session.closed) {
      await alone.call();
      await busy.call();
    }
    await gone;
    // The client knows before the answer, and calls no more.
    const last = alone.ends.slice(alone.ends.indexOf("goaway"));
    expect(last.filter((end) => end === "answer")).toHaveLength(1);
    expect(busy.ends).not.toContain("goaway");
    const goaway = once(busy.session, "goaway");
    await busy.call();
    await goaway;
    release();
    await closed;
  });

  it("closes at once what carries no call, and accepts nothing more", async () => {
    await using serving = await serveHandler((_req, res) => res.end());
    const silent = await connectRaw(serving.port);
    const session = connectHttp2(serving.origin);
    await once(session, "remoteSettings");
    const gone = Promise.all([readAll(silent), once(session, "close")]);
    await serving.listener.close(10_000);
    await gone;
    await expect(connectRaw(serving.port)).rejects.toThrow("ECONNREFUSED");
  });

  it("destroys what is left when the time is over", async () => {
    const pending = createPending();
    await using serving = await serveHandler(pending.handler);
    const socket = await connectRaw(serving.port);
    const answer = readAll(socket);
    socket.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    const session = connectHttp2(serving.origin).on("error", () => undefined);
    session.request({ ":path": "/" }).on("error", () => undefined);
    const closed = once(session, "close");
    await pending.arrived;
    await serving.listener.close(20);
    expect(await answer).toBe("");
    await closed;
  });
});
