import { create, type DescMessage, fromBinary, type MessageShape, toBinary } from "@bufbuild/protobuf";
import { CreateNoteRequestSchema, NoteSchema } from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import { GrpcWebClientBase, type Metadata, MethodDescriptor, type RpcError } from "grpc-web";

/** What came of a call, in a form that leaves the page. */
export type Outcome =
  | { readonly kind: "note"; readonly title: string }
  | { readonly kind: "error"; readonly code: number; readonly message: string; readonly metadata: Metadata };

/** Write a note with the official client of gRPC-Web, from the page that it runs in. */
export async function createNote(title: string, token: string | undefined): Promise<Outcome> {
  const client = new GrpcWebClientBase({ format: "binary" });
  const request = create(CreateNoteRequestSchema, { title });
  const metadata: Metadata = token === undefined ? {} : { authorization: `Bearer ${token}` };
  try {
    const url = `${window.location.origin}/countersign.demo.v1.NotesService/CreateNote`;
    const note = await client.unaryCall(url, request, metadata, DESCRIPTOR);
    return { kind: "note", title: note.title };
  } catch (reason) {
    const error = reason as RpcError; // the client documents that it rejects with nothing else
    return { kind: "error", code: error.code, message: error.message, metadata: error.metadata };
  }
}

const DESCRIPTOR = new MethodDescriptor(
  "/countersign.demo.v1.NotesService/CreateNote",
  "unary",
  classOf(CreateNoteRequestSchema),
  classOf(NoteSchema),
  (request: MessageShape<typeof CreateNoteRequestSchema>) => toBinary(CreateNoteRequestSchema, request),
  (bytes: Uint8Array) => fromBinary(NoteSchema, bytes),
);

/** The client wants classes, but uses them for nothing when it is given functions that read and write. */
function classOf<Desc extends DescMessage>(schema: Desc) {
  return function message() {
    return create(schema);
  } as unknown as new () => MessageShape<Desc>;
}
