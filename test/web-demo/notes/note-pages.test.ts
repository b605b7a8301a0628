import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import type { Note } from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import {
  ListNotesResponseSchema,
  NoteEvent_Kind,
  NoteEventSchema,
  NoteSchema,
} from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import { describe, expect, test } from "vitest";
import type { NotePages } from "../../../web-demo/src/notes/note-pages.ts";
import {
  applyNoteEvent,
  lastSequenceOf,
  notesOf,
  withNote,
  withoutNote,
} from "../../../web-demo/src/notes/note-pages.ts";

const noteOf = (writtenMs: number, sequence = BigInt(writtenMs)): Note =>
  create(NoteSchema, { id: `n${writtenMs}`, title: "t", sequence, createTime: timestampFromMs(writtenMs) });

/** Pages of notes named by the time they were written at. `more`: the last page is not the end. */
function pagesOf(times: readonly (readonly number[])[], more = false): NotePages {
  const pages = times.map((page, index) =>
    create(ListNotesResponseSchema, {
      notes: page.map((ms) => noteOf(ms)),
      nextPageToken: more || index + 1 < times.length ? "next" : "",
    }),
  );
  return { pages, pageParams: pages.map(String) };
}

const idsOf = (pages: NotePages) => pages.pages.map((page) => page.notes.map(({ id }) => id));
const eventOf = (kind: NoteEvent_Kind, note: Note) =>
  create(NoteEventSchema, { sequence: note.sequence, kind, note });

describe("withNote", () => {
  test("puts a new note on top", () => {
    expect(idsOf(withNote(pagesOf([[30, 20], [10]]), noteOf(40)))).toEqual([["n40", "n30", "n20"], ["n10"]]);
  });

  test("puts a note that comes late where its time belongs", () => {
    expect(idsOf(withNote(pagesOf([[30, 20], [10]]), noteOf(25)))).toEqual([["n30", "n25", "n20"], ["n10"]]);
    expect(idsOf(withNote(pagesOf([[30, 20], [10]]), noteOf(15)))).toEqual([
      ["n30", "n20"],
      ["n15", "n10"],
    ]);
    expect(idsOf(withNote(pagesOf([[30, 20], [10]]), noteOf(5)))).toEqual([
      ["n30", "n20"],
      ["n10", "n5"],
    ]);
  });

  test("leaves a note out that belongs to a page which is not loaded", () => {
    expect(idsOf(withNote(pagesOf([[30, 20]], true), noteOf(5)))).toEqual([["n30", "n20"]]);
  });

  test("puts the first note into an empty list", () => {
    expect(idsOf(withNote(pagesOf([[]]), noteOf(5)))).toEqual([["n5"]]);
  });

  test("does not change the pages that it is given", () => {
    const pages = pagesOf([[30]]);
    withNote(pages, noteOf(40));
    expect(idsOf(pages)).toEqual([["n30"]]);
  });
});

describe("applyNoteEvent", () => {
  test("shows a created note once, however often it is told", () => {
    const event = eventOf(NoteEvent_Kind.CREATED, noteOf(40));
    const once = applyNoteEvent(pagesOf([[30]]), event);
    expect(idsOf(applyNoteEvent(once, event))).toEqual([["n40", "n30"]]);
  });

  test("replaces an edited note, but never by an older state", () => {
    const edited = { ...noteOf(30, 90n), body: "new" };
    const older = { ...noteOf(30, 80n), body: "old" };
    const pages = applyNoteEvent(pagesOf([[30, 20]]), eventOf(NoteEvent_Kind.UPDATED, edited));
    const after = applyNoteEvent(pages, eventOf(NoteEvent_Kind.UPDATED, older));
    expect(notesOf(after).map(({ body }) => body)).toEqual(["new", ""]);
  });

  test("does not invent a note from an edit of one that is not loaded", () => {
    expect(idsOf(applyNoteEvent(pagesOf([[30]]), eventOf(NoteEvent_Kind.UPDATED, noteOf(40))))).toEqual([
      ["n30"],
    ]);
  });

  test("takes a deleted note out of whichever page has it", () => {
    expect(idsOf(applyNoteEvent(pagesOf([[30], [10]]), eventOf(NoteEvent_Kind.DELETED, noteOf(10))))).toEqual(
      [["n30"], []],
    );
  });

  test("ignores an event without a note", () => {
    const pages = pagesOf([[30]]);
    expect(applyNoteEvent(pages, create(NoteEventSchema, { kind: NoteEvent_Kind.DELETED }))).toBe(pages);
  });
});

test("the feed goes on where the first page says, which may be behind all notes that are left", () => {
  const [first, second] = pagesOf([[30], [20]]).pages;
  const pages = [
    { ...(first ?? create(ListNotesResponseSchema)), sequence: 99n },
    ...(second ? [second] : []),
  ];
  expect(lastSequenceOf({ pages, pageParams: ["", "next"] })).toBe(99n);
  expect(lastSequenceOf({ pages: [], pageParams: [] })).toBe(0n);
});

test("taking out a note that is not there changes nothing", () => {
  expect(idsOf(withoutNote(pagesOf([[30]]), "other"))).toEqual([["n30"]]);
});
