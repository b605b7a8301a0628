import type { Note } from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import type { ReactNode } from "react";
import { useNow } from "../ui/use-now.ts";
import { NoteCard } from "./note-card.tsx";
import type { Notes } from "./use-notes.ts";

/** How often "3 min ago" is looked at again. */
const AGE_TICK_MS = 15_000;

/** The notes, newest first, with a way to the older ones. */
export function NoteList(props: { readonly notes: Notes; readonly list: readonly Note[] }): ReactNode {
  const nowMs = useNow(AGE_TICK_MS);
  const { hasMore, loadingMore, loadMore } = props.notes;
  return (
    <>
      <ul className="notes" aria-label="Your notes">
        {props.list.map((note) => (
          <NoteCard key={note.id} note={note} nowMs={nowMs} />
        ))}
      </ul>
      {hasMore && (
        <button type="button" className="button notes__more" onClick={loadMore} disabled={loadingMore}>
          {loadingMore ? "Loading…" : "Load more"}
        </button>
      )}
    </>
  );
}
