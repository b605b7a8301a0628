import { create, type DescMessage, fromBinary, type MessageShape, toBinary } from "@bufbuild/protobuf";
import {
  CreateNoteRequestSchema,
  NoteEventSchema,
  NoteSchema,
  WatchNotesRequestSchema,
} from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import { GrpcWebClientBase, type Metadata, MethodDescriptor, type RpcError } from "grpc-web";

/** What came of a call, in a form that leaves the page. */
export type Outcome =
  | { readonly kind: "note"; readonly title: string }
  | { readonly kind: "error"; readonly code: number; readonly message: string; readonly metadata: Metadata };

/** How messages are sent; `default`: as the client does by itself, in text. */
export type Format = "binary" | "default";

/** Write a note with the official client of gRPC-Web, from the page that it runs in. */
export async function createNote(title: string, token: string | undefined, format: Format): Promise<Outcome> {
  const client = new GrpcWebClientBase(format === "binary" ? { format } : {});
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

/** What the page has heard of a stream. */
const heard: string[] = [];

/** Watch the notes, in text: in binary this client reads no streams. */
export function watchNotes(token: string): void {
  const method = "/countersign.demo.v1.NotesService/WatchNotes";
  const request = create(WatchNotesRequestSchema);
  const stream = new GrpcWebClientBase({}).serverStreaming(
    `${window.location.origin}${method}`,
    request,
    { authorization: `Bearer ${token}` },
    new MethodDescriptor(
      method,
      "server_streaming",
      classOf(WatchNotesRequestSchema),
      classOf(NoteEventSchema),
      (message: MessageShape<typeof WatchNotesRequestSchema>) => toBinary(WatchNotesRequestSchema, message),
      (bytes: Uint8Array) => fromBinary(NoteEventSchema, bytes),
    ),
  );
  stream.on("data", ({ note }) => heard.push(note?.title ?? "no note"));
  stream.on("error", ({ code }) => heard.push(`error ${code}`));
}

/** List the titles of the notes that were watched so far. */
export function titlesHeard(): readonly string[] {
  return heard;
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
