import { randomBytes } from "node:crypto";
import type { MessageInitShape } from "@bufbuild/protobuf";
import type { ServiceImpl } from "@connectrpc/connect";
import type {
  CreateNoteRequest,
  ListNotesResponseSchema,
  NotesService,
} from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import { principalOf } from "@countersign/server";
import { assertValid, parsePageSize } from "./input.ts";
import { findAccessibleNote, noteNotFound } from "./note-access.ts";
import { latestNoteSequences, type NewNote, type StoredNote } from "./note-events.ts";
import { noteViolations, parseNotePageToken, toNoteMessage, toNotePageToken } from "./note-messages.ts";
import { type NotesBackend, syncNotes, watchNotes } from "./note-streams.ts";
import { deleteNote, insertNotes, listNotes } from "./notes.ts";

/** What the notes need. */
export interface NotesServiceOptions extends NotesBackend {
  /** Reads the time for new notes, in milliseconds since 1970. */
  readonly nowMs: () => number;
}

/** Many clients refuse messages of more than 4 MiB; this leaves room for everything but the texts. */
const MAX_PAGE_BYTES = 3 * 1024 * 1024;
const MAX_IMPORTED_NOTES = 1_000;
const MAX_IMPORTED_BYTES = 8 * 1024 * 1024;

/** Create the demo's service: notes that belong to the subject that wrote them. */
export function createNotesService(options: NotesServiceOptions): ServiceImpl<typeof NotesService> {
  const { store, feed, ownerOf, nowMs } = options;
  const write = async (
    owner: string,
    requests: readonly CreateNoteRequest[],
  ): Promise<readonly StoredNote[]> => {
    const stored = await insertNotes(
      store,
      owner,
      requests.map((request) => toNewNote(owner, request, nowMs())),
    );
    feed.announce(owner);
    return stored;
  };
  return {
    async createNote(request, ctx) {
      assertValid(noteViolations(request));
      const [note] = await write(ownerOf(principalOf(ctx)), [request]);
      return note === undefined ? {} : toNoteMessage(note);
    },
    async getNote({ id }, ctx) {
      return toNoteMessage(await findAccessibleNote(options, principalOf(ctx), id));
    },
    async listNotes({ pageSize, pageToken }, ctx) {
      const limit = parsePageSize(pageSize);
      const after = parseNotePageToken(pageToken);
      const owner = ownerOf(principalOf(ctx));
      // Before the notes: an event in between is then in both, which is better than in neither.
      const latest = after === undefined ? await latestNoteSequences(store, [owner]) : undefined;
      // One more than asked for shows whether there is a next page.
      const found = await listNotes(store, owner, { limit: limit + 1, after });
      return { ...toPage(found, limit), sequence: BigInt(latest?.get(owner) ?? 0) };
    },
    async deleteNote({ id }, ctx) {
      const { owner } = await findAccessibleNote(options, principalOf(ctx), id);
      if (!(await deleteNote(store, owner, id))) {
        throw noteNotFound();
      }
      feed.announce(owner);
      return {};
    },
    async importNotes(requests, ctx) {
      const notes = await collectImport(requests);
      return { created: (await write(ownerOf(principalOf(ctx)), notes)).length };
    },
    watchNotes: (request, ctx) => watchNotes(options, request, ctx),
    syncNotes: (requests, ctx) => syncNotes(options, requests, ctx),
  };
}

function toPage(
  found: readonly StoredNote[],
  limit: number,
): MessageInitShape<typeof ListNotesResponseSchema> {
  const notes: StoredNote[] = [];
  let bytes = 0;
  for (const note of found.slice(0, limit)) {
    bytes += Buffer.byteLength(note.body);
    if (bytes > MAX_PAGE_BYTES && notes.length > 0) {
      break;
    }
    notes.push(note);
  }
  const last = notes.at(-1);
  const hasMore = found.length > notes.length && last !== undefined;
  return { notes: notes.map(toNoteMessage), nextPageToken: hasMore ? toNotePageToken(last) : "" };
}

async function collectImport(
  requests: AsyncIterable<CreateNoteRequest>,
): Promise<readonly CreateNoteRequest[]> {
  const notes: CreateNoteRequest[] = [];
  let bytes = 0;
  for await (const request of requests) {
    bytes += Buffer.byteLength(request.title) + Buffer.byteLength(request.body);
    if (notes.length >= MAX_IMPORTED_NOTES || bytes > MAX_IMPORTED_BYTES) {
      const description = `must not be more than ${MAX_IMPORTED_NOTES} notes or ${MAX_IMPORTED_BYTES} bytes together`;
      assertValid([{ field: "requests", description }]);
    }
    assertValid(noteViolations(request, `requests[${notes.length}].`));
    notes.push(request);
  }
  return notes;
}

function toNewNote(owner: string, { title, body }: CreateNoteRequest, createdAtMs: number): NewNote {
  return { id: randomBytes(16).toString("base64url"), owner, title, body, createdAtMs };
}
