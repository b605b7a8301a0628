import { create } from "@bufbuild/protobuf";
import { createContextValues, type HandlerContext, type Interceptor } from "@connectrpc/connect";
import {
  CreateNoteRequestSchema,
  type Note,
  NotesService,
} from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import { describe, expect, it } from "vitest";
import { Call } from "../../../server/node/src/call/call.ts";
import { invoke } from "../../../server/node/src/call/invoke.ts";
import type { HttpExchange } from "../../../server/node/src/exchange/http-exchange.ts";

type Handler = (context: HandlerContext) => { title: string } | Promise<{ title: string }>;

const request = create(CreateNoteRequestSchema, { title: "asked" });

function createCall(
  handler: Handler,
  interceptors: readonly Interceptor[] = [],
): Parameters<typeof invoke>[0] {
  const method = NotesService.method.createNote;
  const spec = {
    kind: "unary",
    method,
    impl: (_: unknown, context: HandlerContext) => handler(context),
  } as const;
  const head = {
    protocol: "grpc",
    timeoutMs: undefined,
    defaultHeader: { a: "1" },
    defaultTrailer: {},
  } as const;
  const parts = { method: { spec, interceptors }, head, url: "http://a/b", values: createContextValues() };
  // All that is asked of one here.
  const exchange = {
    header: { "x-asked": "yes" },
    isGone: false,
    onClose: () => undefined,
  } as unknown as HttpExchange;
  return new Call(parts, exchange, undefined);
}

describe("a handler", () => {
  it("is called without a promise when it returns none", () => {
    const output = invoke(
      createCall(() => ({ title: "answered" })),
      request,
    );
    expect(output).toMatchObject({ $typeName: "countersign.demo.v1.Note", title: "answered" });
  });

  it("may return a promise", async () => {
    const output = invoke(
      createCall(async () => ({ title: "answered" })),
      request,
    );
    expect(output).toBeInstanceOf(Promise);
    expect(await output).toMatchObject({ $typeName: "countersign.demo.v1.Note", title: "answered" });
  });

  it("changes nothing about the answer by not asking for its header", () => {
    const call = createCall(() => ({ title: "answered" }));
    void invoke(call, request);
    expect(call.hasResponseFields).toBe(false);
    expect(call.headerFields).toBe(call.parts.head.defaultHeader);
  });

  it("adds to the header and the trailer of the answer", () => {
    const call = createCall(({ responseHeader, responseTrailer }) => {
      responseHeader.append("b", "2");
      responseTrailer.append("c", "3");
      responseTrailer.append("connection", "close");
      return { title: "answered" };
    });
    void invoke(call, request);
    expect(call.headerFields).toEqual({ a: "1", b: "2" });
    expect(call.trailerFields).toEqual({ c: "3" });
    const muxed = { a: "1", b: "2", "content-length": "7", "trailer-c": "3", "trailer-connection": "close" };
    expect(Object.entries(call.toMuxedHeader(7))).toEqual(Object.entries(muxed));
  });
});

describe("interceptors", () => {
  const seen: string[] = [];
  const noting =
    (name: string): Interceptor =>
    (next) =>
    async (req) => {
      seen.push(`${name} sees ${req.header.get("x-asked")}`);
      const res = await next(req);
      seen.push(`${name} sees ${(res.message as Note).title}`);
      return res;
    };

  it("run around the handler, the first outside", async () => {
    const handler: Handler = () => {
      seen.push("called");
      return { title: "answered" };
    };
    await invoke(createCall(handler, [noting("outer"), noting("inner")]), request);
    expect(seen).toEqual([
      "outer sees yes",
      "inner sees yes",
      "called",
      "inner sees answered",
      "outer sees answered",
    ]);
  });

  it("give the handler what they make of the request, and the caller what they make of the answer", async () => {
    const changing: Interceptor = (next) => async (req) => {
      const res = await next({ ...req, header: new Headers({ "x-asked": "changed" }) });
      return { ...res, header: new Headers({ "x-answered": "changed" }) } as typeof res;
    };
    const handler: Handler = ({ requestHeader }) => ({ title: requestHeader.get("x-asked") ?? "" });
    const call = createCall(handler, [changing]);
    expect(await invoke(call, request)).toMatchObject({ title: "changed" });
    expect(call.headerFields).toEqual({ "x-answered": "changed" });
  });
});

describe("what a handler throws", () => {
  const broken = new Error("broken");
  const failing: Readonly<Record<string, Handler>> = {
    "at once": () => {
      throw broken;
    },
    later: () => Promise.reject(broken),
  };
  for (const [when, handler] of Object.entries(failing)) {
    it(`leaves as it is: ${when}`, async () => {
      await expect(async () => invoke(createCall(handler), request)).rejects.toBe(broken);
    });
  }
});
