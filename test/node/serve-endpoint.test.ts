import { once } from "node:events";
import { connect as connectHttp2, type OutgoingHttpHeaders } from "node:http2";
import { text } from "node:stream/consumers";
import { describe, expect, it } from "vitest";
import type { Endpoint } from "../../server/gate/src/kernel/endpoint.ts";
import type { RequestListenerOptions } from "../../server/node/src/listener-options.ts";
import { toStream } from "../support/to-stream.ts";
import { ask, connectRaw, readAll, serve } from "./serving.ts";

const serveEndpoint = (endpoint: Endpoint, options: Partial<RequestListenerOptions> = {}) =>
  serve({ endpoints: { "/endpoint": endpoint }, ...options });

/** Tells what it was asked. */
const mirror: Endpoint = async (request, context) =>
  Response.json({
    method: request.method,
    url: new URL(request.url).pathname + new URL(request.url).search,
    headers: Object.fromEntries(request.headers),
    body: await request.text(),
    peer: context?.peer,
  });

async function askHttp2(origin: string, fields: OutgoingHttpHeaders, body = "") {
  const session = connectHttp2(origin);
  try {
    const stream = session.request({ ":path": "/endpoint", ...fields });
    // A GET has ended already.
    if (!stream.writableEnded) {
      stream.end(body);
    }
    const [headers] = await once(stream, "response");
    return { status: Number(headers[":status"]), headers, body: await text(stream) };
  } finally {
    session.destroy();
  }
}

/** A header that must not stand in an answer that says "internal error". */
const FIELDS = {
  "set-cookie": "session=abc",
  "content-encoding": "gzip",
  etag: '"x"',
  location: "/elsewhere",
  "www-authenticate": "Basic",
};

describe("the request of an endpoint", () => {
  it("is that of HTTP/1.1, with every value of a field", async () => {
    await using serving = await serveEndpoint(mirror);
    const headers = ["host", "a.example", "authorization", "Basic a", "authorization", "Basic b"];
    const request = { method: "POST", path: "/endpoint?x=1", headers, body: "some text" };
    expect(JSON.parse((await ask(serving.origin, request)).body)).toMatchObject({
      ...{ method: "POST", url: "/endpoint?x=1", body: "some text", peer: "127.0.0.1" },
      headers: { host: "a.example", authorization: "Basic a, Basic b" },
    });
  });

  it("is that of HTTP/2, with every value of a field", async () => {
    await using serving = await serveEndpoint(mirror);
    const fields = {
      ":method": "POST",
      ":path": "/endpoint?x=1",
      "x-many": ["a", "b"],
      cookie: ["c=1", "d=2"],
    };
    expect(JSON.parse((await askHttp2(serving.origin, fields, "some text")).body)).toEqual({
      ...{ method: "POST", url: "/endpoint?x=1", body: "some text", peer: "127.0.0.1" },
      headers: { "x-many": "a, b", cookie: "c=1; d=2" },
    });
  });

  it("has the whole URL, with the host that was asked for", async () => {
    await using serving = await serveEndpoint(async ({ url }) => new Response(url));
    const asked = { path: "/endpoint?a=b", headers: { host: "issuer.example:81" } };
    expect((await ask(serving.origin, asked)).body).toBe("http://issuer.example:81/endpoint?a=b");
  });

  it("comes from whom the server says, else from its socket", async () => {
    const peerOf: RequestListenerOptions["peerOf"] = ({ headers }) => String(headers["x-real-ip"] ?? "");
    await using serving = await serveEndpoint(mirror, { peerOf });
    const peer = async (headers: OutgoingHttpHeaders) =>
      JSON.parse((await ask(serving.origin, { path: "/endpoint", headers })).body).peer;
    expect([await peer({ "x-real-ip": "192.0.2.7" }), await peer({})]).toEqual(["192.0.2.7", "127.0.0.1"]);
  });

  const impossible: readonly OutgoingHttpHeaders[] = [{ ":method": "TRACE" }, { ":method": "post" }];
  it.each(impossible)(
    "is not made of $:method, which the Fetch API would take for another or not at all",
    async (fields) => {
      await using serving = await serveEndpoint(mirror);
      expect(await askHttp2(serving.origin, fields)).toMatchObject({
        status: 501,
        body: '{"error":"not implemented"}\n',
      });
    },
  );

  it("has a body that breaks when its client leaves", async () => {
    const broken = Promise.withResolvers<unknown>();
    const read: Endpoint = async (request) => {
      await request.text().catch(broken.resolve);
      return new Response();
    };
    await using serving = await serveEndpoint(read);
    const socket = await connectRaw(serving.port);
    socket.write("POST /endpoint HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nsome");
    socket.end();
    expect(await broken.promise).toBeInstanceOf(Error);
  });
});

describe("the response of an endpoint", () => {
  const both = {
    "HTTP/1.1": (origin: string, headers: OutgoingHttpHeaders = {}) =>
      ask(origin, { path: "/endpoint", headers }),
    "HTTP/2": (origin: string, headers: OutgoingHttpHeaders = {}) => askHttp2(origin, headers),
  };
  for (const [version, get] of Object.entries(both)) {
    it(`keeps what stands twice, and joins what the server adds, over ${version}`, async () => {
      const headers: [string, string][] = [
        ["set-cookie", "a=1"],
        ["set-cookie", "b=2"],
        ["vary", "accept"],
        ["connection", "upgrade"],
      ];
      const endpoint: Endpoint = async () => new Response("body", { status: 203, headers });
      await using serving = await serveEndpoint(endpoint, { allowedOrigins: ["https://app.example"] });
      const answer = await get(serving.origin, { origin: "https://app.example" });
      expect(answer).toMatchObject({ status: 203, body: "body" });
      expect(answer.headers["set-cookie"]).toEqual(["a=1", "b=2"]);
      expect(answer.headers.vary).toBe("Origin, accept");
      expect(answer.headers.connection).not.toBe("upgrade");
      expect(answer.headers["access-control-allow-origin"]).toBe("https://app.example");
    });

    it(`is sent part by part, over ${version}`, async () => {
      const parts = Array.from({ length: 50 }, (_, n) => Buffer.alloc(20_000, n));
      const endpoint: Endpoint = async () => new Response(toStream(parts));
      await using serving = await serveEndpoint(endpoint);
      expect((await get(serving.origin)).body).toBe(Buffer.concat(parts).toString());
    });

    it(`is 500 when the endpoint throws, which is reported, over ${version}`, async () => {
      const reported: unknown[] = [];
      const failure = new Error("a secret");
      const endpoint: Endpoint = async () => Promise.reject(failure);
      await using serving = await serveEndpoint(endpoint, { onError: (error) => void reported.push(error) });
      expect(await get(serving.origin)).toMatchObject({ status: 500, body: '{"error":"internal error"}\n' });
      expect(reported).toEqual([failure]);
    });
  }

  const broken: Readonly<Record<string, () => Response>> = {
    "a body that fails at once": () =>
      new Response(
        new ReadableStream({ pull: () => Promise.reject(new Error("broken")) }, { highWaterMark: 0 }),
        { headers: FIELDS },
      ),
    "a body that was read before": () => {
      const response = new Response("body", { headers: FIELDS });
      response.body?.getReader();
      return response;
    },
  };
  for (const [what, make] of Object.entries(broken)) {
    for (const [version, get] of Object.entries(both)) {
      it(`is 500 with ${what}, and nothing of its header, over ${version}`, async () => {
        const allowedOrigins = ["https://app.example"];
        await using serving = await serveEndpoint(async () => make(), { allowedOrigins });
        const answer = await get(serving.origin, { origin: "https://app.example" });
        expect(answer).toMatchObject({ status: 500, body: '{"error":"internal error"}\n' });
        expect(Object.keys(answer.headers).filter((name) => name in FIELDS)).toEqual([]);
        expect(answer.headers).toMatchObject({
          "cache-control": "no-store",
          "access-control-allow-origin": "https://app.example",
          vary: "Origin",
        });
      });
    }
  }

  it("is 500 when Node does not send a field of it", async () => {
    const headers = { "content-encoding": "gzip", "x-bad": "\x01" };
    await using serving = await serveEndpoint(async () => new Response("body", { headers }));
    const answer = await ask(serving.origin, { path: "/endpoint" });
    expect(answer).toMatchObject({ status: 500, body: '{"error":"internal error"}\n' });
    expect(answer.headers["content-encoding"]).toBeUndefined();
  });

  it("stops the upload when the endpoint has not read it", async () => {
    await using serving = await serveEndpoint(async () => new Response("no"));
    const socket = await connectRaw(serving.port);
    const answer = readAll(socket);
    socket.write("POST /endpoint HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000000\r\n\r\nsome");
    expect(await answer).toMatch(/^HTTP\/1\.1 200 [\s\S]*connection: close[\s\S]*no/i);
  });

  it("is cancelled when its client leaves", async () => {
    const cancelled = Promise.withResolvers<void>();
    const endless = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(new Uint8Array(64 * 1024)),
      cancel: () => cancelled.resolve(),
    });
    await using serving = await serveEndpoint(async () => new Response(endless));
    const socket = await connectRaw(serving.port);
    socket.write("GET /endpoint HTTP/1.1\r\nHost: a\r\n\r\n");
    await once(socket, "data");
    socket.destroy();
    await expect(cancelled.promise).resolves.toBeUndefined();
  });
});

describe("pages", () => {
  it("are asked about GET and HEAD only, and about no path that is another in its URL", async () => {
    const asked: string[] = [];
    const pages = async ({ method, url }: Request) => {
      asked.push(`${method} ${new URL(url).pathname}`);
      return undefined;
    };
    await using serving = await serve({ pages });
    const paths = ["/a", "/a/../b", "/./a", "/%2e%2e/a", "/a%2fb"];
    for (const path of paths) {
      expect((await ask(serving.origin, { path })).status).toBe(404);
    }
    expect((await ask(serving.origin, { path: "/a", method: "HEAD" })).status).toBe(404);
    expect((await ask(serving.origin, { path: "/a", method: "POST", body: "x" })).status).toBe(404);
    expect(asked).toEqual(["GET /a", "GET /a%2fb", "HEAD /a"]);
  });
});
