import type { Client } from "@connectrpc/connect";
import { Code, ConnectError } from "@connectrpc/connect";
import type { NoteEvent, NotesService } from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import { NoteEvent_Kind } from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import { useEffect, useMemo, useRef, useState } from "react";
import { useServices } from "../session/services-context.tsx";
import { isTick, toTick } from "./tick.ts";
import { createTickWriter } from "./tick-writer.ts";

/** The ticks as components see them. */
export interface Ticks {
  /** Whether a note is written every second. */
  readonly on: boolean;
  readonly turn: (on: boolean) => void;
  /** Take in an event of the feed. */
  readonly noticeEvent: (event: NoteEvent) => void;
}

const EVERY_MS = 1_000;
const SWEEP_EVERY_MS = 3_000;
const CALL_TIMEOUT_MS = 5_000;
/** No viewer watches for longer, and every tick is two lines in the server's feed. */
const LONGEST_MS = 10 * 60_000;

/**
 * Write a note every second while it is turned on, and clean up behind.
 *
 * @param found the ticks in the list when it was first loaded, left by a page that was closed; undefined: not loaded
 */
export function useTicks(found: readonly string[] | undefined): Ticks {
  const { notes, timeline } = useServices();
  const [on, setOn] = useState(false);
  const adopted = useRef(false);
  const writer = useMemo(
    () =>
      createTickWriter({
        create: (count) => notes.createNote(toTick(count), { timeoutMs: CALL_TIMEOUT_MS }),
        remove: (id) => removeNote(notes, id),
        onConfirmed: (sequence) => timeline.add({ type: "confirmed", sequence }),
      }),
    [notes, timeline],
  );

  useEffect(() => {
    if (found === undefined || adopted.current) {
      return;
    }
    adopted.current = true;
    writer.adopt(found);
    void writer.sweep();
  }, [found, writer]);

  useEffect(() => {
    const work = on ? writer.write : writer.sweep;
    void work();
    const timer = setInterval(() => void work(), on ? EVERY_MS : SWEEP_EVERY_MS);
    const end = on ? setTimeout(() => setOn(false), LONGEST_MS) : undefined;
    return () => {
      clearInterval(timer);
      clearTimeout(end);
      void writer.sweep();
    };
  }, [on, writer]);

  const noticeEvent = ({ kind, note }: NoteEvent): void => {
    if (note !== undefined && isTick(note)) {
      writer.notice(note.id, kind !== NoteEvent_Kind.DELETED);
    }
  };
  return { on, turn: setOn, noticeEvent };
}

async function removeNote(notes: Client<typeof NotesService>, id: string): Promise<void> {
  try {
    await notes.deleteNote({ id }, { timeoutMs: CALL_TIMEOUT_MS });
  } catch (err) {
    if (ConnectError.from(err).code !== Code.NotFound) {
      throw err;
    }
  }
}
