import { connect as connectHttp2 } from "node:http2";
import { Code } from "@connectrpc/connect";
import { NotesService } from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import { describe, expect, it } from "vitest";
import { serve } from "../serving.ts";

const PATH = "/countersign.demo.v1.NotesService/CreateNote";

describe.each([true, false])(
  "an error that repeats what it cannot read, with the fast path: %s",
  (unaryFastPath) => {
    for (const [name, letter] of [
      ["a key of 1 MB", "k"],
      ["a key of 1 MB that has to be escaped", "\u20ac"],
    ] as const) {
      it(`reaches a client of gRPC: ${name}`, async () => {
        await using serving = await serve({
          unaryFastPath,
          routes: (router) => router.service(NotesService, { createNote: ({ title }) => ({ title }) }),
        });
        const message = Buffer.from(
          JSON.stringify({ [letter.repeat(1_000_000 / Buffer.byteLength(letter))]: 1 }),
        );
        const head = Buffer.alloc(5);
        head.writeUInt32BE(message.length, 1);
        const session = connectHttp2(serving.origin);
        const stream = session.request({
          ":method": "POST",
          ":path": PATH,
          "content-type": "application/grpc+json",
        });
        stream.end(Buffer.concat([head, message]));
        const status = await new Promise<unknown>((resolve, reject) => {
          stream.on("trailers", (trailers) => resolve(trailers["grpc-status"]));
          stream.on("error", reject);
          stream.resume();
        });
        expect(status).toBe(String(Code.InvalidArgument));
        session.destroy();
      });
    }
  },
);
