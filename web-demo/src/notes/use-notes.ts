import { createConnectQueryKey, useInfiniteQuery } from "@connectrpc/connect-query";
import type { Note, NoteEvent } from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import { NotesService } from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import { useQueryClient } from "@tanstack/react-query";
import type { Failure } from "../model/failure.ts";
import { toFailure } from "../model/failure.ts";
import { isTick } from "../ticks/tick.ts";
import type { NotePages } from "./note-pages.ts";
import { applyNoteEvent, lastSequenceOf, notesOf } from "./note-pages.ts";

const PAGE_SIZE = 20;
/** How long the page waits before it asks again by itself when there is nothing to show. */
const RECOVERY_EVERY_MS = 5_000;
const LIST_KEY = createConnectQueryKey({ schema: NotesService.method.listNotes, cardinality: "infinite" });

/** The list of notes as components see it. */
export interface Notes {
  /** Undefined until the first page has arrived. */
  readonly list: readonly Note[] | undefined;
  /** The identifiers of notes that are ticks of the timeline: they are not in the list. */
  readonly ticks: readonly string[] | undefined;
  readonly failure: Failure | undefined;
  readonly retry: () => void;
  readonly hasMore: boolean;
  readonly loadingMore: boolean;
  readonly loadMore: () => void;
  /** The latest change that the list shows; undefined until there is a list. */
  readonly lastSequence: bigint | undefined;
  /** Bring the list up to date with one event of the feed. */
  readonly applyEvent: (event: NoteEvent) => void;
}

/** Load the caller's notes, page by page. */
export function useNotes(): Notes {
  const change = useChangeNotes();
  const input = { pageSize: PAGE_SIZE, pageToken: "" };
  const { data, error, refetch, hasNextPage, isFetchingNextPage, fetchNextPage } = useInfiniteQuery(
    NotesService.method.listNotes,
    input,
    {
      pageParamKey: "pageToken",
      getNextPageParam: (page) => page.nextPageToken || undefined,
      refetchInterval: (query) => query.state.status === "error" && RECOVERY_EVERY_MS,
    },
  );
  const all = data && notesOf(data);
  return {
    list: all?.filter((note) => !isTick(note)),
    ticks: all?.filter((note) => isTick(note)).map(({ id }) => id),
    failure: error ? toFailure(error) : undefined,
    retry: () => void (data && hasNextPage ? fetchNextPage() : refetch()),
    hasMore: hasNextPage,
    loadingMore: isFetchingNextPage,
    loadMore: () => void fetchNextPage(),
    lastSequence: data && lastSequenceOf(data),
    applyEvent: (event) => change((pages) => applyNoteEvent(pages, event)),
  };
}

/** Get a function that changes the loaded pages in place of asking the server again. */
export function useChangeNotes(): (change: (pages: NotePages) => NotePages) => void {
  const queryClient = useQueryClient();
  return (change) => {
    queryClient.setQueriesData<NotePages>({ queryKey: LIST_KEY }, (pages) => pages && change(pages));
  };
}
