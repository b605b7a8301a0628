import type { ListNotesResponse, Note, NoteEvent } from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import type { InfiniteData } from "@tanstack/react-query";
/** The pages of notes that have been loaded, newest note first. */
export type NotePages = InfiniteData<ListNotesResponse>;
/** List the notes of all pages in one array. */
export declare function notesOf(pages: NotePages): readonly Note[];
/**
 * Say after which change the feed has to go on so that nothing is missed between the list and the feed: the
 * latest change that the list shows, or 0 when it is empty.
 */
export declare function lastSequenceOf(pages: NotePages): bigint;
/** Apply one event of the feed. Applying an event twice, or after the answer of its own call, changes nothing more. */
export declare function applyNoteEvent(pages: NotePages, event: NoteEvent): NotePages;
/**
 * Put a note where it belongs by its time, or replace it if it is there.
 *
 * A note older than everything loaded is left out while there are more pages: it comes with its own page.
 */
export declare function withNote(pages: NotePages, note: Note): NotePages;
/** Take a note out. */
export declare function withoutNote(pages: NotePages, id: string): NotePages;
//# sourceMappingURL=note-pages.d.ts.map
