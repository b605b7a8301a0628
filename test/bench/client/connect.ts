import { createClient, type Interceptor, type Transport } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { NotesService } from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import { fromFunction } from "@countersign/sdk";
import { createNodeTransport, createSession } from "@countersign/sdk/node";
import { type ClientSide, type CreateSide, countMessages, createPingPong, TEXT } from "./side.ts";

/** This package: a session, and its transport. */
export const createCountersign: CreateSide = (baseUrl, token) => {
  const session = createSession({ baseUrl, source: fromFunction(async () => token) });
  return toSide(createNodeTransport({ baseUrl, session }));
};

/** Connect's own transport, and a token that is never replaced. */
export const createConnect: CreateSide = (baseUrl, token) => {
  const authorize: Interceptor = (next) => (req) => {
    req.header.set("authorization", `Bearer ${token}`);
    return next(req);
  };
  return toSide(createGrpcTransport({ baseUrl, interceptors: [authorize] }));
};

/** Make the calls through a transport of Connect. */
export function toSide(transport: Transport): ClientSide {
  const notes = createClient(NotesService, transport);
  return {
    call: () => notes.createNote({ title: "echo", body: TEXT }),
    pull: (messages) => countMessages(notes.watchNotes({ afterSequence: BigInt(messages) })),
    pingPong(count) {
      const { messages, next } = createPingPong({ noteId: "echo", body: TEXT }, count);
      return countMessages(notes.syncNotes(messages), next);
    },
  };
}
