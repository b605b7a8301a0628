import type { Note } from "@countersign/gen/countersign/demo/v1/notes_pb.js";

/** How a note is known to be a tick, in this tab and any other. */
const TICK_BODY = "A tick of the live timeline. It is deleted by itself.";

/** Make the note that is written at a tick. @param count how many it is, from 1 */
export function toTick(count: number): Pick<Note, "title" | "body"> {
  return { title: `Tick ${count}`, body: TICK_BODY };
}

/** Check whether a note is only there to make the stream say something. */
export function isTick(note: Pick<Note, "body"> | undefined): boolean {
  return note?.body === TICK_BODY;
}
