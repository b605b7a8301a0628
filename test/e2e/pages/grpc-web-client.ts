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

const SERVICE = "/countersign.demo.v1.NotesService";

/** Write a note with the official client of gRPC-Web, from the page that it runs in. */
export async function createNote(title: string, token: string | undefined): Promise<Outcome> {
  const client = new GrpcWebClientBase({ format: "binary" });
  const request = create(CreateNoteRequestSchema, { title });
  try {
    const url = `${window.location.origin}${SERVICE}/CreateNote`;
    const note = await client.unaryCall(url, request, toMetadata(token), CREATE_NOTE);
    return { kind: "note", title: note.title };
  } catch (reason) {
    return toOutcome(reason as RpcError); // the client documents that it rejects with nothing else
  }
}

/** Follow the notes until the stream ends. Binary, the client hands out what has come only then. */
export function watchNotes(token: string | undefined): Promise<{ titles: string[]; end: Outcome }> {
  const client = new GrpcWebClientBase({ format: "binary" });
  const url = `${window.location.origin}${SERVICE}/WatchNotes`;
  const titles: string[] = [];
  return new Promise((resolve) => {
    client
      .serverStreaming(url, create(WatchNotesRequestSchema), toMetadata(token), WATCH_NOTES)
      .on("data", ({ note }) => void titles.push(note?.title ?? ""))
      .on("error", (error) => resolve({ titles, end: toOutcome(error) }));
  });
}

function toMetadata(token: string | undefined): Metadata {
  return token === undefined ? {} : { authorization: `Bearer ${token}` };
}

function toOutcome({ code, message, metadata }: RpcError): Outcome {
  return { kind: "error", code, message, metadata };
}

const CREATE_NOTE = describe("CreateNote", CreateNoteRequestSchema, NoteSchema);
const WATCH_NOTES = describe("WatchNotes", WatchNotesRequestSchema, NoteEventSchema);

function describe<I extends DescMessage, O extends DescMessage>(name: string, input: I, output: O) {
  return new MethodDescriptor(
    `${SERVICE}/${name}`,
    name === "WatchNotes" ? "server_streaming" : "unary",
    classOf(input),
    classOf(output),
    (request: MessageShape<I>) => toBinary(input, request),
    (bytes: Uint8Array) => fromBinary(output, bytes),
  );
}

/** The client wants classes, but uses them for nothing when it is given functions that read and write. */
function classOf<Desc extends DescMessage>(schema: Desc) {
  return function message() {
    return create(schema);
  } as unknown as new () => MessageShape<Desc>;
}
