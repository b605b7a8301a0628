import type { ServiceImpl } from "@connectrpc/connect";
import type { NotesService } from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import type { Store } from "@countersign/issuer";
import type { Clock } from "@countersign/server";
import { latestNoteSequences } from "./note-events.ts";
import { createNoteFeed } from "./note-feed.ts";
import { createOwnerOf } from "./note-owner.ts";
import { createNotesService } from "./notes-service.ts";

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
