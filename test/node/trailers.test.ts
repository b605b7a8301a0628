import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { NotesService } from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import { describe, expect, it } from "vitest";
import type { RpcOptions } from "../../server/node/src/rpc-options.ts";
import { serve } from "./serving.ts";

/** What an upstream over HTTP/1.1 answers with. */
const UPSTREAM = {
  connection: "keep-alive",
  "keep-alive": "timeout=5",
  "transfer-encoding": "chunked",
  te: "x",
  upgrade: "x",
  "proxy-connection": "x",
  "http2-settings": "x",
  "x-upstream": "one",
};

const routes: RpcOptions["routes"] = (router) =>
  router.service(NotesService, {
    createNote() {
      throw new ConnectError("the upstream failed", Code.Unavailable, UPSTREAM);
    },
    getNote(_, { responseTrailer }) {
      for (const [name, value] of Object.entries(UPSTREAM)) {
        responseTrailer.set(name, value);
      }
      return {};
    },
    // biome-ignore lint/correctness/useYield: a stream that fails has no message
    async *watchNotes() {
      throw new ConnectError("the upstream failed", Code.Unavailable, UPSTREAM);
    },
  });

describe.each([true, false])("a trailer over HTTP/2 (fast path: %s)", (unaryFastPath) => {
  const call = async <T>(work: (client: ReturnType<typeof createNotes>) => Promise<T>) => {
    await using serving = await serve({ routes, unaryFastPath });
    return await work(createNotes(serving.origin));
  };
  const createNotes = (baseUrl: string) => createClient(NotesService, createGrpcTransport({ baseUrl }));

  it("leaves out what an error took over from a connection of HTTP/1.1", async () => {
    const error = await call((notes) => notes.createNote({}).catch(ConnectError.from));

    expect(error).toMatchObject({ code: Code.Unavailable, rawMessage: "the upstream failed" });
    expect((error as ConnectError).metadata.get("x-upstream")).toBe("one");
  });

  it("leaves out what a handler took over from a connection of HTTP/1.1", async () => {
    const trailer = Promise.withResolvers<Headers>();
    await call((notes) => notes.getNote({}, { onTrailer: trailer.resolve }));

    expect((await trailer.promise).get("x-upstream")).toBe("one");
  });

  it("leaves it out of streams, too", async () => {
    const work = async (notes: ReturnType<typeof createNotes>): Promise<void> => {
      for await (const event of notes.watchNotes({})) {
        expect(event).toBeUndefined();
      }
    };
    const error = await call((notes) => work(notes).catch(ConnectError.from));

    expect(error).toMatchObject({ code: Code.Unavailable, rawMessage: "the upstream failed" });
  });
});
