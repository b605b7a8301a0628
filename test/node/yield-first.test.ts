import { createClient } from "@connectrpc/connect";
import {
  createConnectTransport,
  createGrpcTransport,
  createGrpcWebTransport,
} from "@connectrpc/connect-node";
import { NotesService } from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import { expect, test } from "vitest";
import { serve } from "./serving.ts";

const transports = {
  grpc: createGrpcTransport,
  "grpc-web": (options: { baseUrl: string }) => createGrpcWebTransport({ ...options, httpVersion: "2" }),
  connect: (options: { baseUrl: string }) => createConnectTransport({ ...options, httpVersion: "2" }),
};

test.each(Object.entries(transports))(
  "a handler may answer before it reads, and reads on: %s",
  async (_, createTransport) => {
    await using serving = await serve({
      routes: (router) =>
        router.service(NotesService, {
          async *syncNotes(requests) {
            yield { noteId: "hello" };
            for await (const { noteId } of requests) {
              yield { noteId };
            }
          },
        }),
    });
    const client = createClient(NotesService, createTransport({ baseUrl: serving.origin }));
    const heard = Promise.withResolvers<void>();
    async function* say() {
      await heard.promise;
      yield { noteId: "a" };
      yield { noteId: "b" };
    }
    const answers: string[] = [];
    for await (const { noteId } of client.syncNotes(say())) {
      answers.push(noteId);
      heard.resolve();
    }
    expect(answers).toEqual(["hello", "a", "b"]);
  },
);
