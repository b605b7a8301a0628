import type { ServiceImpl } from "@connectrpc/connect";
import type { NotesService } from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import type { Clock } from "../clock.ts";
import { createNoteFeed } from "../services/note-feed.ts";
import { createOwnerOf } from "../services/note-owner.ts";
import { createNotesService } from "../services/notes-service.ts";
import type { Store } from "../store/database.ts";
import { latestNoteSequences } from "../store/note-events.ts";

/** What the notes run on. */
export interface NotesGround {
  readonly store: Store;
  /** The time, the same for all servers on the store. */
  readonly clock: Clock;
}

/** Put the demo's notes together. */
export function composeNotes(
  { store, clock }: NotesGround,
  issuerUrl: string,
): ServiceImpl<typeof NotesService> {
  const feed = createNoteFeed({ latestSequences: (owners) => latestNoteSequences(store, owners) });
  return createNotesService({ store, feed, clock, ownerOf: createOwnerOf(issuerUrl) });
}
