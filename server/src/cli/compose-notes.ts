import type { ServiceImpl } from "@connectrpc/connect";
import type { NotesService } from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import { createNoteFeed } from "../services/note-feed.ts";
import { createOwnerOf } from "../services/note-owner.ts";
import { createNotesService } from "../services/notes-service.ts";
import { latestNoteSequences } from "../store/note-events.ts";
import type { Backend } from "./open-backend.ts";

/** Put the demo's notes together. */
export function composeNotes({ store, clock }: Backend, issuerUrl: string): ServiceImpl<typeof NotesService> {
  const feed = createNoteFeed({ latestSequences: (owners) => latestNoteSequences(store, owners) });
  return createNotesService({ store, feed, clock, ownerOf: createOwnerOf(issuerUrl) });
}
