import { once } from "node:events";
import { connect as connectHttp2 } from "node:http2";
import { inspect } from "node:util";
import { Code, ConnectError, createClient, type HandlerContext } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { NotesService } from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import { describe, expect, it } from "vitest";
import type { RpcOptions } from "../../../server/node/src/rpc-options.ts";
import { ask, serve } from "../serving.ts";

const PATH = "/countersign.demo.v1.NotesService/CreateNote";

type CreateNote = (context: HandlerContext) => void | Promise<void>;

const routesOf =
  (createNote: CreateNote): RpcOptions["routes"] =>
  (router) =>
    router.service(NotesService, {
      async createNote(_request, context) {
        await createNote(context);
        return { title: "done" };
      },
    });

/** Call once, and return what the handler made of its context. */
async function seeContext<T>(see: (context: HandlerContext) => T, options: Partial<RpcOptions> = {}) {
  let seen: T | undefined;
  const routes = routesOf((context) => {
    seen = see(context);
  });
  await using serving = await serve({ routes, ...options });
  const client = createClient(NotesService, createGrpcTransport({ baseUrl: serving.origin }));
  await client.createNote({}, { headers: { authorization: "Bearer secret", "x-a": "1" }, timeoutMs: 60_000 });
  return seen;
}

describe("the context of a call on the fast path", () => {
  for (const unaryFastPath of [true, false]) {
    it(`can be spread (fast path: ${unaryFastPath})`, async () => {
      const seen = await seeContext((context) => ({ ...context }), { unaryFastPath });
      expect(seen).toMatchObject({
        method: NotesService.method.createNote,
        service: NotesService,
        requestMethod: "POST",
        protocolName: "grpc",
        url: expect.stringMatching(
          /^http:\/\/127\.0\.0\.1:\d+\/countersign\.demo\.v1\.NotesService\/CreateNote$/,
        ),
        timeoutMs: expect.any(Function),
      });
      expect(seen?.requestHeader.get("x-a")).toBe("1");
      expect(seen?.signal).toBeInstanceOf(AbortSignal);
      expect(seen?.signal.aborted).toBe(true); // the call is over
      expect(seen?.signal.reason).toMatchObject({ name: "AbortError" });
    });
  }

  it("shows the gate what it deletes, and nobody else", async () => {
    const requestGate = (context: HandlerContext): void => {
      expect(context.requestHeader.get("authorization")).toBe("Bearer secret");
      context.requestHeader.delete("authorization");
    };
    const header = await seeContext((context) => context.requestHeader, { requestGate });
    expect(header).toBeInstanceOf(Headers);
    expect(Object.getPrototypeOf(header)).toBe(Headers.prototype);
    expect([...(header ?? [])].map(([name]) => name)).not.toContain("authorization");
  });

  it("shows no header of the request to whoever logs it", async () => {
    expect(await seeContext((context) => inspect(context, { depth: 9, showHidden: true }))).not.toContain(
      "secret",
    );
  });

  it("takes properties", async () => {
    const seen = await seeContext((context) => {
      const noted = Object.assign(context, { note: "x", signal: AbortSignal.abort("mine") });
      return { note: noted.note, reason: noted.signal.reason, keys: Object.keys(noted) };
    });
    expect(seen).toMatchObject({ note: "x", reason: "mine" });
    expect(seen?.keys).toContain("note");
    expect(seen?.keys.filter((key) => key === "signal")).toHaveLength(1);
  });

  it("knows how long the caller waits", async () => {
    const left = await seeContext((context) => context.timeoutMs());
    expect(left).toBeGreaterThan(50_000);
    expect(left).toBeLessThanOrEqual(60_000);
  });
});

/** Wait until the signal is aborted. @returns its reason */
async function reasonOf(signal: AbortSignal): Promise<unknown> {
  if (!signal.aborted) {
    await once(signal, "abort");
  }
  return signal.reason;
}

describe("the signal of a call on the fast path", () => {
  it("aborts with the deadline, which the caller is told", async () => {
    const routes = routesOf(async ({ signal }) => {
      throw await reasonOf(signal);
    });
    await using serving = await serve({ routes });
    const headers = { "content-type": "application/json", "connect-timeout-ms": "30" };
    const answer = await ask(serving.origin, { method: "POST", path: PATH, headers, body: "{}" });
    expect(answer.status).toBe(504);
    expect(JSON.parse(answer.body)).toEqual({
      code: "deadline_exceeded",
      message: "the operation timed out",
    });
  });

  it("aborts with the shutdown of the server, whose reason the caller is told", async () => {
    const shutdown = new AbortController();
    const routes = routesOf(async ({ signal }) => {
      shutdown.abort(new ConnectError("the server is stopping", Code.Unavailable));
      throw await reasonOf(signal);
    });
    await using serving = await serve({ routes, shutdownSignal: shutdown.signal });
    const client = createClient(NotesService, createGrpcTransport({ baseUrl: serving.origin }));
    await expect(client.createNote({})).rejects.toMatchObject({ rawMessage: "the server is stopping" });
  });

  it("aborts when the caller resets the stream, and says so", async () => {
    let tell: (reason: unknown) => void = () => undefined;
    const told = new Promise<unknown>((resolve) => {
      tell = resolve;
    });
    const called = Promise.withResolvers<void>();
    const routes = routesOf(async ({ signal }) => {
      called.resolve();
      tell(await reasonOf(signal));
    });
    await using serving = await serve({ routes });
    const session = connectHttp2(serving.origin);
    const header = { ":method": "POST", ":path": PATH, "content-type": "application/grpc" };
    const stream = session.request(header);
    stream.on("error", () => undefined).end(Buffer.alloc(5));
    await called.promise;
    stream.close(8);
    expect(await told).toMatchObject({
      code: Code.Canceled,
      rawMessage: "http/2 stream closed with error code CANCEL (0x8)",
    });
    session.destroy();
  });
});
