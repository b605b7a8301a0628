import { createPublicKey } from "node:crypto";
import { create, type DescMessage, fromBinary, type MessageShape, toBinary } from "@bufbuild/protobuf";
import {
  type CreateNoteRequest,
  ImportNotesResponseSchema,
  NotesService,
  type SyncNotesRequest,
  SyncNotesResponseSchema,
  type WatchNotesRequest,
} from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import {
  type Metadata,
  type MethodDefinition,
  Server,
  ServerCredentials,
  type ServerDuplexStream,
  type ServerReadableStream,
  type ServerWritableStream,
  type sendUnaryData,
} from "@grpc/grpc-js";
import jsonwebtoken from "jsonwebtoken";
import { ALGORITHM, AUDIENCE, ISSUER, type PublicKeys } from "../fixture/tokens.ts";
import { EVENT } from "./handlers.ts";

const { watchNotes, importNotes, syncNotes } = NotesService.method;

/** Serve streams with grpc-js, and verify the token of every stream with jsonwebtoken. @returns its port */
export function startGrpcJs({ pem }: PublicKeys): Promise<number> {
  const key = createPublicKey(pem);
  const verify = (metadata: Metadata): void => {
    const token = String(metadata.get("authorization")[0]).slice("Bearer ".length);
    jsonwebtoken.verify(token, key, { issuer: ISSUER, audience: AUDIENCE, algorithms: [ALGORITHM] });
  };
  const handlers = {
    watch(call: ServerWritableStream<WatchNotesRequest, typeof EVENT>) {
      verify(call.metadata);
      let left = Number(call.request.afterSequence);
      const write = (): void => {
        while (left > 0) {
          left -= 1;
          if (!call.write(EVENT)) {
            call.once("drain", write);
            return;
          }
        }
        call.end();
      };
      write();
    },
    import(call: ServerReadableStream<CreateNoteRequest, unknown>, answer: sendUnaryData<unknown>) {
      verify(call.metadata);
      let created = 0;
      call.on("data", () => (created += 1));
      call.on("end", () => answer(null, create(ImportNotesResponseSchema, { created })));
    },
    sync(call: ServerDuplexStream<SyncNotesRequest, unknown>) {
      verify(call.metadata);
      call.on("data", ({ noteId, body }: SyncNotesRequest) =>
        call.write(create(SyncNotesResponseSchema, { noteId: noteId + body, sequence: 1n })),
      );
      call.on("end", () => call.end());
    },
  };
  const server = new Server();
  const definitions = {
    watch: define(watchNotes, { requestStream: false, responseStream: true }),
    import: define(importNotes, { requestStream: true, responseStream: false }),
    sync: define(syncNotes, { requestStream: true, responseStream: true }),
  };
  server.addService(definitions, handlers);
  return new Promise((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) =>
      error === null ? resolve(port) : reject(error),
    );
  });
}

/** Messages are read and written by the code that all sides use: stacks are compared here, not codecs. */
function define<I extends DescMessage, O extends DescMessage>(
  method: { readonly name: string; readonly input: I; readonly output: O },
  streams: { readonly requestStream: boolean; readonly responseStream: boolean },
): MethodDefinition<MessageShape<I>, MessageShape<O>> {
  return {
    ...streams,
    path: `/${NotesService.typeName}/${method.name}`,
    requestDeserialize: (bytes) => fromBinary(method.input, bytes),
    requestSerialize: (message) => Buffer.from(toBinary(method.input, message)),
    responseDeserialize: (bytes) => fromBinary(method.output, bytes),
    responseSerialize: (message) => Buffer.from(toBinary(method.output, message)),
  };
}
