import { Code, ConnectError, type HandlerContext } from "@connectrpc/connect";
import type { SyncNotesRequest, WatchNotesRequest } from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import { AuthError, principalOf } from "@countersign/server";
import { assertValid } from "./input.ts";
import type { OwnerOf } from "./note-access.ts";
import { noteNotFound, notTheOwner } from "./note-access.ts";
import type { NoteDatabase } from "./note-database.ts";
import { listNoteEvents } from "./note-events.ts";
import type { NoteFeed } from "./note-feed.ts";
import { bodyViolations, idViolations, parseAfterSequence, toNoteEventMessage } from "./note-messages.ts";
import { findNote, replaceNoteBody } from "./notes.ts";

/** What the streams of notes need. */
export interface NotesBackend {
  /** Where the notes are. */
  readonly store: NoteDatabase;
  /** Names the owner of what a principal writes. */
  readonly ownerOf: OwnerOf;
  /** Wakes watchers. Its `latestSequences` must read the same store. */
  readonly feed: NoteFeed;
}

/** Of the longest notes, some 8 MB. */
const EVENTS_PER_READ = 32;

/**
 * Send every event of the caller's notes after a sequence, then every new one, until the call is aborted.
 *
 * @throws ConnectError InvalidArgument when the sequence can't be one of an event
 * @throws the reason of the abort
 */
export async function* watchNotes(
  { store, feed, ownerOf }: NotesBackend,
  request: WatchNotesRequest,
  ctx: HandlerContext,
) {
  let afterSequence = parseAfterSequence(request.afterSequence);
  const owner = ownerOf(principalOf(ctx));
  const watch = feed.watch(owner);
  try {
    while (true) {
      const events = await listNoteEvents(store, owner, { afterSequence, limit: EVENTS_PER_READ });
      for (const event of events) {
        assertNotAborted(ctx.signal);
        yield toNoteEventMessage(event);
        afterSequence = event.note.sequence;
      }
      if (events.length < EVENTS_PER_READ) {
        await watch.changed(ctx.signal);
      }
      assertNotAborted(ctx.signal);
    }
  } finally {
    watch.close();
  }
}

/**
 * Replace the texts of the caller's own notes one after the other, and acknowledge each once it is committed.
 *
 * @throws ConnectError InvalidArgument or NotFound, AuthError `POLICY_DENIED`; what was acknowledged before stays
 */
export async function* syncNotes(
  { store, feed, ownerOf }: NotesBackend,
  requests: AsyncIterable<SyncNotesRequest>,
  ctx: HandlerContext,
) {
  for await (const { noteId, body } of requests) {
    assertValid([...idViolations("note_id", noteId), ...bodyViolations("body", body)]);
    const owner = ownerOf(principalOf(ctx));
    const note = await replaceNoteBody(store, owner, { id: noteId, body });
    if (note === undefined) {
      throw (await findNote(store, noteId)) === undefined ? noteNotFound() : notTheOwner();
    }
    feed.announce(owner);
    yield { noteId, sequence: BigInt(note.sequence) };
  }
}

/** @throws the reason of the abort when it is one for the client, otherwise ConnectError `Canceled` */
function assertNotAborted({ aborted, reason }: AbortSignal): void {
  if (!aborted) {
    return;
  }
  if (reason instanceof AuthError || reason instanceof ConnectError) {
    throw reason;
  }
  throw new ConnectError("the call was canceled", Code.Canceled, undefined, undefined, reason);
}
