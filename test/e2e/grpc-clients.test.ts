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
import { notEmpty } from "../support/not-empty.ts";
import { signIn } from "../support/rpc.ts";
import { type ServerProcess, startServer } from "../support/server-process.ts";
import type { GrpcClient } from "./grpc-clients/call.ts";
import { grpcJs } from "./grpc-clients/grpc-js.ts";
import { grpcio, hasGrpcio } from "./grpc-clients/grpcio.ts";
import { niceGrpc } from "./grpc-clients/nice-grpc.ts";

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

async function callAllKinds(call: GrpcClient): Promise<void> {
  const note = await createNote({ title: "to be synchronized" }, bearer(token));
  const { id: noteId } = note;
  const [written, refused, imported, synced, followed] = await call(server.baseUrl, [
    { method: "createNote", requests: [{ title: "unary" }], token },
    { method: "createNote", requests: [{ title: "no token" }] },
    { method: "importNotes", requests: [{ title: "one" }, { title: "two" }, { title: "three" }], token },
    {
      method: "syncNotes",
      requests: [
        { noteId, body: "a" },
        { noteId, body: "b" },
      ],
      token,
    },
    { method: "watchNotes", requests: [{ afterSequence: note.sequence - 1n }], token },
  ]);
  expect(written).toMatchObject({ code: status.OK, responses: [{ title: "unary" }] });
  expect(refused).toMatchObject({ code: status.UNAUTHENTICATED, responses: [] });
  expect(refused?.details).toContain("TOKEN_MISSING");
  expect(imported).toMatchObject({ code: status.OK, responses: [{ created: 3 }] });
  expect(synced).toMatchObject({ code: status.OK, responses: [{ noteId }, { noteId }] });
  expect(followed).toMatchObject({ code: status.OK, responses: [{ note: { id: noteId } }] });
}

test.each(notEmpty(Object.entries({ "@grpc/grpc-js": grpcJs, "nice-grpc": niceGrpc })))(
  "%s makes calls of all four kinds, and is told why one is refused",
  (_, call) => callAllKinds(call),
);

test.skipIf(!hasGrpcio)(
  "grpcio makes calls of all four kinds, and is told why one is refused (needs Debian's python3-grpcio)",
  () => callAllKinds(grpcio),
);

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
