import { timestampMs } from "@bufbuild/protobuf/wkt";
import type { ListNotesResponse, Note, NoteEvent } from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import { NoteEvent_Kind } from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import type { InfiniteData } from "@tanstack/react-query";

/** The pages of notes that have been loaded, newest note first. */
export type NotePages = InfiniteData<ListNotesResponse>;

/** List the notes of all pages in one array. */
export function notesOf(pages: NotePages): readonly Note[] {
  return pages.pages.flatMap((page) => page.notes);
}

/** Find after which change the feed has to go on so that nothing is missed between the list and the feed. */
export function lastSequenceOf(pages: NotePages): bigint {
  return pages.pages[0]?.sequence ?? 0n;
}

/** Apply one event of the feed. Applying an event twice, or after the answer of its own call, changes nothing more. */
export function applyNoteEvent(pages: NotePages, event: NoteEvent): NotePages {
  if (event.note === undefined) {
    return pages;
  }
  if (event.kind === NoteEvent_Kind.DELETED) {
    return withoutNote(pages, event.note.id);
  }
  if (event.kind === NoteEvent_Kind.CREATED) {
    return withNote(pages, event.note);
  }
  return withReplacedNote(pages, event.note);
}

/**
 * Put a note where it belongs by its time, or replace it if it is there.
 *
 * A note older than everything loaded is left out while there are more pages: it comes with its own page.
 */
export function withNote(pages: NotePages, note: Note): NotePages {
  if (notesOf(pages).some(({ id }) => id === note.id)) {
    return withReplacedNote(pages, note);
  }
  const target = pages.pages.findIndex((page) => {
    const oldest = page.notes.at(-1);
    return page.nextPageToken === "" || (oldest !== undefined && writtenMs(oldest) <= writtenMs(note));
  });
  return mapNotes(pages, (notes, page) => (page === target ? insertByTime(notes, note) : notes));
}

/** Take a note out. */
export function withoutNote(pages: NotePages, id: string): NotePages {
  return mapNotes(pages, (notes) => notes.filter((note) => note.id !== id));
}

function withReplacedNote(pages: NotePages, note: Note): NotePages {
  return mapNotes(pages, (notes) =>
    notes.map((old) => (old.id === note.id && old.sequence <= note.sequence ? note : old)),
  );
}

function insertByTime(notes: readonly Note[], note: Note): Note[] {
  const at = notes.findIndex((old) => writtenMs(old) <= writtenMs(note));
  return at === -1 ? [...notes, note] : notes.toSpliced(at, 0, note);
}

function mapNotes(pages: NotePages, change: (notes: Note[], page: number) => Note[]): NotePages {
  return {
    ...pages,
    pages: pages.pages.map((page, index) => ({ ...page, notes: change(page.notes, index) })),
  };
}

function writtenMs(note: Note): number {
  return note.createTime === undefined ? 0 : timestampMs(note.createTime);
}
