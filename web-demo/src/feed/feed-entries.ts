import type { NoteEvent } from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import { NoteEvent_Kind } from "@countersign/gen/countersign/demo/v1/notes_pb.js";

/** One line of the feed as it is shown. */
export interface FeedEntry {
  readonly sequence: bigint;
  /** What happened, in one word: "Created", "Edited" or "Deleted". */
  readonly verb: string;
  /** The title of the note. */
  readonly title: string;
  /** When it arrived here, in milliseconds since 1970. */
  readonly atMs: number;
}

/** How many lines are kept: older ones are in the notes themselves. */
const KEPT_ENTRIES = 50;

const VERBS: Readonly<Record<number, string>> = {
  [NoteEvent_Kind.CREATED]: "Created",
  [NoteEvent_Kind.UPDATED]: "Edited",
  [NoteEvent_Kind.DELETED]: "Deleted",
};

/** Put an event on top of the lines, newest first, and let the oldest go. */
export function addFeedEntry(
  entries: readonly FeedEntry[],
  event: NoteEvent,
  atMs: number,
): readonly FeedEntry[] {
  const entry: FeedEntry = {
    sequence: event.sequence,
    verb: VERBS[event.kind] ?? "Changed",
    title: event.note?.title ?? "a note",
    atMs,
  };
  return [entry, ...entries].slice(0, KEPT_ENTRIES);
}
