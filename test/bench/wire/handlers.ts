import { create } from "@bufbuild/protobuf";
import type { ConnectRouter } from "@connectrpc/connect";
import { NoteEventSchema, NotesService } from "@countersign/gen/countersign/demo/v1/notes_pb.js";

/** What is sent to clients again and again, with 64 characters of text. */
export const EVENT = create(NoteEventSchema, { sequence: 1n, note: { id: "note", title: "x".repeat(64) } });

/** What both sides that are made with Connect serve. */
export function routes(router: ConnectRouter): void {
  router.service(NotesService, {
    createNote: ({ title, body }) => ({ title, body }),
    /** Sends as many messages as it is asked for. */
    async *watchNotes({ afterSequence: count }) {
      for (let sent = 0; sent < count; sent += 1) {
        yield EVENT;
      }
    },
    async importNotes(requests) {
      let created = 0;
      for await (const _ of requests) {
        created += 1;
      }
      return { created };
    },
    async *syncNotes(requests) {
      for await (const { noteId, body } of requests) {
        yield { noteId: noteId + body, sequence: 1n };
      }
    },
  });
}
