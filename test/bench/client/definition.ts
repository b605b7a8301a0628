import { create, type DescMethod, fromBinary, type Message, toBinary } from "@bufbuild/protobuf";
import { NotesService } from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import { TEXT } from "./side.ts";

const { createNote, watchNotes, syncNotes } = NotesService.method;

/** The methods that are called, as grpc-js and nice-grpc want to have them. */
export const definition = {
  createNote: define(createNote, { requestStream: false, responseStream: false }),
  watchNotes: define(watchNotes, { requestStream: false, responseStream: true }),
  syncNotes: define(syncNotes, { requestStream: true, responseStream: true }),
} as const;

function define<Streams extends { readonly requestStream: boolean; readonly responseStream: boolean }>(
  method: DescMethod,
  streams: Streams,
) {
  return {
    ...streams,
    path: `/${NotesService.typeName}/${method.name}`,
    requestSerialize: (message: Message) => Buffer.from(toBinary(method.input, message)),
    requestDeserialize: (bytes: Uint8Array): Message => fromBinary(method.input, bytes),
    responseSerialize: (message: Message) => Buffer.from(toBinary(method.output, message)),
    responseDeserialize: (bytes: Uint8Array): Message => fromBinary(method.output, bytes),
    options: {},
  };
}

/** What is sent: a new message with each, as a program makes it. */
export const requests = {
  call: () => create(createNote.input, { title: "echo", body: TEXT }),
  pull: (messages: number) => create(watchNotes.input, { afterSequence: BigInt(messages) }),
  pingPong: () => create(syncNotes.input, { noteId: "echo", body: TEXT }),
} as const;
