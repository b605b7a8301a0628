import { create, type DescService } from "@bufbuild/protobuf";
import {
  type ConnectRouter,
  createClient,
  createContextValues,
  type HandlerContext,
  type Interceptor,
  type ServiceImpl,
} from "@connectrpc/connect";
import { createConnectTransport, createGrpcWebTransport } from "@connectrpc/connect-web";
import { describe, expect, test, vi } from "vitest";
import {
  createFetchHandler,
  type FetchHandlerOptions,
} from "../../../server/gate/src/connect/create-fetch-handler.ts";
import { peerOf, setPeer } from "../../../server/gate/src/connect/peer.ts";
import { createEchoAuth, echoRoutes } from "../../support/echo-server.ts";
import { signToken } from "../../support/tokens.ts";
import { Echo, type EchoClient, kinds, outcomeOf, service } from "./echo-kinds.ts";
import { issuer, issuerKey } from "./fixtures.ts";

const token = signToken(issuerKey);
const baseUrl = "https://app.example";

const protocols = { connect: createConnectTransport, "grpc-web": createGrpcWebTransport };

/** A fetch host in this process, and clients of it. */
function setUp(options: FetchHandlerOptions = {}, answer?: (ctx: HandlerContext) => string) {
  const echo = createEchoAuth(service, {
    issuers: [issuer],
    ...(answer === undefined ? {} : { routes: echoRoutes(service, answer) }),
  });
  const handler = createFetchHandler(echo.auth, options);
  const host: typeof fetch = (input, init) => handler(new Request(input, init));
  const client = (protocol: keyof typeof protocols, sent?: string): EchoClient => {
    const withToken: Interceptor = (next) => (req) => {
      if (sent !== undefined) {
        req.header.set("authorization", `Bearer ${sent}`);
      }
      return next(req);
    };
    const transport = protocols[protocol]({
      baseUrl: `${baseUrl}${options.prefix ?? ""}`,
      fetch: host,
      interceptors: [withToken],
    });
    // The methods of a service that is made at run time have no types of their own.
    return createClient(service, transport) as unknown as EchoClient;
  };
  return { ...echo, handler, client };
}

describe("createFetchHandler", () => {
  for (const protocol of ["connect", "grpc-web"] as const) {
    // Clients over fetch send one message.
    for (const kind of ["unary", "server stream"]) {
      test(`carries the gate: ${protocol}, ${kind}`, async () => {
        const { client, warnings } = setUp();
        const call = kinds[kind] ?? expect.fail();
        expect(await outcomeOf(call(client(protocol), "usr_ada"))).toBe("Unauthenticated TOKEN_MISSING");
        expect(await outcomeOf(call(client(protocol, "garbage"), "usr_ada"))).toBe(
          "Unauthenticated TOKEN_INVALID",
        );
        expect(await outcomeOf(call(client(protocol, token), "usr_eve"))).toBe(
          "PermissionDenied POLICY_DENIED",
        );
        expect(await outcomeOf(call(client(protocol, token), "usr_ada"))).toBe("passed");
        expect(warnings).toEqual([]);
      });
    }
  }

  test("ends a stream with its token on a host that never says that its client has left", async () => {
    const begun = Promise.withResolvers<AbortSignal>();
    const handlers = {
      async *server(_: Echo, ctx: HandlerContext) {
        yield create(Echo);
        begun.resolve(ctx.signal);
        await new Promise(() => {});
      },
    } as unknown as Partial<ServiceImpl<DescService>>; // it has this method
    const routes = (router: ConnectRouter) => void router.service(service, handlers);
    const { auth, clock } = createEchoAuth(service, { issuers: [issuer], routes });
    const message = Buffer.from(JSON.stringify({ text: "usr_ada" }));
    const response = await createFetchHandler(auth)(
      new Request(`${baseUrl}/${service.typeName}/Server`, {
        method: "POST",
        headers: { "content-type": "application/connect+json", authorization: `Bearer ${token}` },
        body: Buffer.concat([Buffer.of(0, 0, 0, 0, message.length), message]),
      }),
    );
    const reader = response.body?.getReader() ?? expect.fail();
    await reader.read();
    const signal = await begun.promise;
    expect([auth.streams.size, signal.aborted]).toEqual([1, false]);
    clock.advance(24 * 60 * 60 * 1_000);
    await expect.poll(() => auth.streams.size).toBe(0);
    expect(signal.reason).toMatchObject({ reason: "STREAM_EXPIRED" });
  });

  test("refuses before it reads the body", async () => {
    const { handler } = setUp();
    let read = 0;
    const body = new ReadableStream({
      pull(controller) {
        read += 1;
        controller.enqueue(new Uint8Array(64 * 1024));
      },
    });
    const response = await handler(
      new Request(`${baseUrl}/test.v1.EchoService/Unary`, {
        method: "POST",
        headers: { "content-type": "application/proto" },
        body,
        ...{ duplex: "half" },
      }),
    );
    expect(response.status).toBe(401);
    expect(response.headers.get("www-authenticate")).toBe('Bearer realm="countersign"');
    expect(read).toBeLessThanOrEqual(1); // what a stream fetches ahead
  });

  test("carries streams of requests where the host lets both go on", async () => {
    const { handler } = setUp();
    const frame = (text: string) => {
      const json = new TextEncoder().encode(JSON.stringify({ text }));
      return new Uint8Array([0, 0, 0, 0, json.length, ...json]);
    };
    for (const method of ["Upload", "Chat"]) {
      const send = (...texts: string[]) =>
        handler(
          new Request(`${baseUrl}/test.v1.EchoService/${method}`, {
            method: "POST",
            headers: { "content-type": "application/connect+json", authorization: `Bearer ${token}` },
            body: new Blob(texts.map(frame)),
          }),
        ).then((response) => response.text());
      expect(await send("usr_ada", "usr_ada")).toContain('{"text":"usr_ada"}');
      expect(await send("usr_ada", "usr_eve")).toContain("POLICY_DENIED");
    }
  });

  test("has no gRPC, which needs trailers, and hands on what is none of its RPCs", async () => {
    const fallback = () => new Response("the page");
    const { handler } = setUp({ fallback });
    const post = (path: string, type: string) =>
      handler(new Request(baseUrl + path, { method: "POST", headers: { "content-type": type }, body: "" }));
    expect((await post("/test.v1.EchoService/Unary", "application/grpc")).status).toBe(415);
    expect(await (await post("/", "text/html")).text()).toBe("the page");
    expect((await setUp().handler(new Request(baseUrl))).status).toBe(404);
  });

  test("serves behind a prefix, and takes the peer from the application", async () => {
    const seen: string[] = [];
    const { client } = setUp(
      { prefix: "/api", contextValues: () => setPeer(createContextValues(), "peer-1") },
      (ctx) => {
        seen.push(peerOf(ctx.values));
        return "";
      },
    );
    expect(await outcomeOf(client("connect", token).unary(create(Echo, { text: "usr_ada" })))).toBe("passed");
    expect(seen).toEqual(["peer-1"]);
  });

  test("answers when the application's own hook throws", async () => {
    const errors: unknown[] = [];
    const { handler } = setUp({
      contextValues: () => {
        throw new Error("a secret");
      },
      onError: (error) => void errors.push(error),
    });
    const response = await handler(new Request(`${baseUrl}/test.v1.EchoService/Unary`, { method: "POST" }));
    expect([response.status, await response.text(), errors]).toEqual([500, "", [new Error("a secret")]]);
  });

  test("answers when the application's own hook throws, and its onError, too", async () => {
    const print = vi.spyOn(console, "error").mockReturnValue();
    const { handler } = setUp({
      fallback: () => Promise.reject(new Error("a secret")),
      onError: () => {
        throw new Error("the log is full");
      },
    });
    const response = await handler(new Request(`${baseUrl}/elsewhere`));
    expect([response.status, await response.text()]).toEqual([500, ""]);
    expect(print).toHaveBeenCalledOnce();
    print.mockRestore();
  });

  test("tells the handler of a client that has left, where the host only cancels the response", async () => {
    let signal: AbortSignal | undefined;
    const { auth, handler } = setUp({}, (ctx) => {
      signal = ctx.signal;
      return "";
    });
    const body = new ReadableStream({
      start: (controller) => controller.enqueue(new TextEncoder().encode('\0\0\0\0\x12{"text":"usr_ada"}')),
    });
    const response = await handler(
      new Request(`${baseUrl}/test.v1.EchoService/Chat`, {
        method: "POST",
        headers: { "content-type": "application/connect+json", authorization: `Bearer ${token}` },
        body,
        ...{ duplex: "half" },
      }),
    );
    expect(auth.streams.size).toBe(1);
    const reader = response.body?.getReader();
    await reader?.read();
    expect(signal?.aborted).toBe(false);
    // While the host waits for more, what it reads from cannot be closed: only the signal gets to the handler.
    const more = reader?.read();
    await new Promise((resolve) => void setImmediate(resolve));
    await reader?.cancel();
    await more;
    await expect.poll(() => auth.streams.size).toBe(0);
    expect(signal?.aborted).toBe(true);
  });

  test("takes a request that breaks off for a client that has left, which is no error of the server", async () => {
    const { handler, errors } = setUp();
    const body = new ReadableStream({ pull: () => Promise.reject(new Error("of the host")) });
    const headers = { "content-type": "application/connect+json", authorization: `Bearer ${token}` };
    const init = { method: "POST", headers, body, duplex: "half" } as const;
    const response = await handler(new Request(`${baseUrl}/test.v1.EchoService/Upload`, init));
    expect(await response.text()).toContain('"aborted"');
    expect(errors).toEqual([]);
  });

  test.each(["api", "/api/", "/"])("takes no prefix that would serve nothing: %s", (prefix) => {
    expect(() => setUp({ prefix })).toThrow(TypeError);
  });

  test("serves the documents of createAuth before the fallback, behind no prefix", async () => {
    const { auth } = createEchoAuth(service, { issuers: [issuer], resource: `${baseUrl}/api` });
    const handler = createFetchHandler(auth, { prefix: "/api", fallback: () => new Response("page") });
    const read = async (path: string) => (await handler(new Request(`${baseUrl}${path}`))).text();
    expect(JSON.parse(await read("/.well-known/oauth-protected-resource/api"))).toMatchObject({
      resource: `${baseUrl}/api`,
    });
    expect(await read("/api/.well-known/oauth-protected-resource/api")).toBe("page");
    expect(await read("/.well-known/oauth-protected-resource")).toBe("page");
  });
});
