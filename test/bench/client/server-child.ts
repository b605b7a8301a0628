import { createServer, type IncomingHttpHeaders, type ServerHttp2Stream } from "node:http2";
import type { AddressInfo } from "node:net";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import {
  NoteEventSchema,
  NoteSchema,
  NotesService,
  SyncNotesResponseSchema,
  WatchNotesRequestSchema,
} from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import { toGrpcFrame } from "../fixture/echo.ts";
import { answerParent } from "../run/answer-parent.ts";
import { TEXT } from "./side.ts";

// A server that does as little as it can: the client is what is measured. Its answers were written before.

const note = toGrpcFrame(toBinary(NoteSchema, create(NoteSchema, { title: "echo", body: TEXT })));
const event = toGrpcFrame(
  toBinary(NoteEventSchema, create(NoteEventSchema, { sequence: 1n, note: { body: TEXT } })),
);
const synced = toGrpcFrame(
  toBinary(SyncNotesResponseSchema, create(SyncNotesResponseSchema, { noteId: TEXT, sequence: 1n })),
);

/** So many messages go into one write. */
const BATCH = 100;
const batch = Buffer.concat(Array.from({ length: BATCH }, () => event));
const PREFIX_BYTES = 5;

const METHODS: Readonly<Record<string, (stream: ServerHttp2Stream) => void>> = {
  [pathOf("createNote")](stream) {
    stream.resume().once("end", () => stream.end(note));
  },
  [pathOf("watchNotes")](stream) {
    const chunks: Buffer[] = [];
    stream.on("data", (chunk: Buffer) => chunks.push(chunk));
    stream.once("end", () => {
      const request = fromBinary(WatchNotesRequestSchema, Buffer.concat(chunks).subarray(PREFIX_BYTES));
      push(stream, Number(request.afterSequence));
    });
  },
  [pathOf("syncNotes")](stream) {
    // A client sends the next message when it has the answer: no two are in one piece.
    stream.on("data", () => stream.write(synced));
    stream.once("end", () => stream.end());
  },
};

function pathOf(name: keyof typeof NotesService.method): string {
  return `/${NotesService.typeName}/${NotesService.method[name].name}`;
}

function push(stream: ServerHttp2Stream, count: number): void {
  let left = count;
  while (left > 0) {
    const size = Math.min(left, BATCH);
    left -= size;
    if (!stream.write(batch.subarray(0, size * event.length))) {
      stream.once("drain", () => push(stream, left));
      return;
    }
  }
  stream.end();
}

answerParent({
  async start(): Promise<number> {
    const server = createServer();
    server.on("stream", (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => {
      stream.on("error", () => undefined);
      stream.respond({ ":status": 200, "content-type": "application/grpc+proto" }, { waitForTrailers: true });
      stream.once("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
      METHODS[headers[":path"] ?? ""]?.(stream);
    });
    await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
    return (server.address() as AddressInfo).port; // it listens on TCP
  },
});
