import type { MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import {
  type CreateNoteRequest,
  NoteEvent_Kind,
  type NoteEventSchema,
  type NoteSchema,
} from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import { assertValid, parsePageToken, textViolations, toPageToken, type Violation } from "./input.ts";
import type { NoteEventKind, StoredNote, StoredNoteEvent } from "./note-events.ts";
import type { NotePosition } from "./notes.ts";

const MAX_TITLE_CHARACTERS = 200;
const MAX_BODY_CHARACTERS = 65_536;
/** Ours have 22; this leaves strangers no room for more than a lookup. */
const MAX_ID_CHARACTERS = 64;

/** What {@link toNotePageToken} writes: milliseconds, and an id. */
const PAGE_TOKEN = /^(\d{1,15}):([\w-]{22})$/;

const EVENT_KINDS: Readonly<Record<NoteEventKind, NoteEvent_Kind>> = {
  created: NoteEvent_Kind.CREATED,
  updated: NoteEvent_Kind.UPDATED,
  deleted: NoteEvent_Kind.DELETED,
};

/** Convert a note for the wire. */
export function toNoteMessage(note: StoredNote): MessageInitShape<typeof NoteSchema> {
  return {
    id: note.id,
    owner: note.owner,
    title: note.title,
    body: note.body,
    sequence: BigInt(note.sequence),
    createTime: timestampFromMs(note.createdAtMs),
  };
}

/** Convert an event for the wire. */
export function toNoteEventMessage({
  kind,
  note,
}: StoredNoteEvent): MessageInitShape<typeof NoteEventSchema> {
  return { sequence: BigInt(note.sequence), kind: EVENT_KINDS[kind], note: toNoteMessage(note) };
}

/** List what is wrong with a new note; `prefix` goes before the names of its fields. */
export function noteViolations({ title, body }: CreateNoteRequest, prefix = ""): readonly Violation[] {
  return [
    ...textViolations(`${prefix}title`, title, { minCharacters: 1, maxCharacters: MAX_TITLE_CHARACTERS }),
    ...bodyViolations(`${prefix}body`, body),
  ];
}

/** List what is wrong with the text of a note. */
export function bodyViolations(field: string, body: string): readonly Violation[] {
  return textViolations(field, body, { maxCharacters: MAX_BODY_CHARACTERS });
}

/** List what is wrong with the identifier of a note. */
export function idViolations(field: string, id: string): readonly Violation[] {
  return textViolations(field, id, { minCharacters: 1, maxCharacters: MAX_ID_CHARACTERS });
}

/**
 * Read a place in the feed.
 *
 * @throws ConnectError InvalidArgument when it is negative, or larger than any sequence can be
 */
export function parseAfterSequence(afterSequence: bigint): number {
  const isPlace = afterSequence >= 0n && afterSequence <= BigInt(Number.MAX_SAFE_INTEGER);
  assertValid(
    isPlace ? [] : [{ field: "after_sequence", description: "must be the sequence of an event, or 0" }],
  );
  return Number(afterSequence);
}

/**
 * Read where a list is to go on; `undefined` for its beginning.
 *
 * @throws ConnectError InvalidArgument when the token is not one of ours
 */
export function parseNotePageToken(pageToken: string): NotePosition | undefined {
  const match = parsePageToken(pageToken, PAGE_TOKEN);
  return match === undefined ? undefined : { createdAtMs: Number(match[1]), id: match[2] ?? "" };
}

/** Write down that a list is to go on after this note. */
export function toNotePageToken({ createdAtMs, id }: NotePosition): string {
  return toPageToken(`${createdAtMs}:${id}`);
}
