import {
  create,
  type DescMessage,
  fromBinary,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from "@bufbuild/protobuf";
import {
  CreateNoteRequestSchema,
  NoteEvent_Kind,
  NoteEventSchema,
  NoteSchema,
  WatchNotesRequestSchema,
} from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import { Client, credentials, Metadata, type ServiceError, status } from "@grpc/grpc-js";
import { afterAll, beforeAll, expect, test } from "vitest";
import { signIn } from "../support/rpc.ts";
import { type ServerProcess, startServer } from "../support/server-process.ts";

let server: ServerProcess;
let client: Client;
let token: string;

beforeAll(async () => {
  server = await startServer();
  client = new Client(new URL(server.baseUrl).host, credentials.createInsecure());
  token = (await signIn(server.baseUrl)).accessToken;
});

afterAll(async () => {
  client?.close();
  await server?.[Symbol.asyncDispose]();
});

test("@grpc/grpc-js calls with a token", async () => {
  const note = await createNote({ title: "from grpc-js", body: "a body" }, bearer(token));
  expect(note).toMatchObject({ title: "from grpc-js", body: "a body" });
});

test("@grpc/grpc-js is told why a call without a token is refused", async () => {
  const error = await createNote({ title: "no token" }, new Metadata()).then(
    () => undefined,
    (reason: ServiceError) => reason,
  );
  expect(error?.code).toBe(status.UNAUTHENTICATED);
  const [details] = error?.metadata.get("grpc-status-details-bin") ?? [];
  expect(String(details)).toContain("google.rpc.ErrorInfo");
  expect(String(details)).toContain("TOKEN_MISSING");
});

test("@grpc/grpc-js follows a stream", async () => {
  const stream = client.makeServerStreamRequest(
    "/countersign.demo.v1.NotesService/WatchNotes",
    serialize(WatchNotesRequestSchema),
    deserialize(NoteEventSchema),
    create(WatchNotesRequestSchema),
    bearer(token),
  );
  const note = await createNote({ title: "live" }, bearer(token));
  for await (const event of stream as AsyncIterable<MessageShape<typeof NoteEventSchema>>) {
    if (event.note?.id !== note.id) {
      continue;
    }
    expect(event.kind).toBe(NoteEvent_Kind.CREATED);
    break;
  }
  stream.cancel();
});

function createNote(init: MessageInitShape<typeof CreateNoteRequestSchema>, metadata: Metadata) {
  return new Promise<MessageShape<typeof NoteSchema>>((resolve, reject) => {
    client.makeUnaryRequest(
      "/countersign.demo.v1.NotesService/CreateNote",
      serialize(CreateNoteRequestSchema),
      deserialize(NoteSchema),
      create(CreateNoteRequestSchema, init),
      metadata,
      (error, note) => (note === undefined ? reject(error) : resolve(note)),
    );
  });
}

function serialize<Desc extends DescMessage>(schema: Desc) {
  return (message: MessageShape<Desc>) => Buffer.from(toBinary(schema, message));
}

function deserialize<Desc extends DescMessage>(schema: Desc) {
  return (bytes: Buffer) => fromBinary(schema, bytes);
}

function bearer(accessToken: string): Metadata {
  const metadata = new Metadata();
  metadata.set("authorization", `Bearer ${accessToken}`);
  return metadata;
}
