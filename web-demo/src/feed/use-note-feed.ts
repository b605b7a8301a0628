import type { NoteEvent } from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import { useEffect, useEffectEvent, useState } from "react";
import { useServices } from "../session/services-context.tsx";
import type { FeedEntry } from "./feed-entries.ts";
import { addFeedEntry } from "./feed-entries.ts";
import { wait, waitOrOnline } from "./wait.ts";
import type { FeedStatus } from "./watch-feed.ts";
import { watchFeed } from "./watch-feed.ts";

/** The live feed as components see it. */
export interface NoteFeed {
  readonly status: FeedStatus;
  /** The newest events, newest first. */
  readonly entries: readonly FeedEntry[];
}

/**
 * Keep `WatchNotes` open for as long as the component is shown, through token expiry and lost connections.
 *
 * @param startAfter where the feed begins; undefined: not yet known, nothing is opened. Only its first value counts
 * @param onEvent called with every event, in order
 */
export function useNoteFeed(startAfter: bigint | undefined, onEvent: (event: NoteEvent) => void): NoteFeed {
  const { notes, activity } = useServices();
  const [status, setStatus] = useState<FeedStatus>("connecting");
  const [entries, setEntries] = useState<readonly FeedEntry[]>([]);
  const [start, setStart] = useState(startAfter);
  if (start === undefined && startAfter !== undefined) setStart(startAfter);

  const receive = useEffectEvent((event: NoteEvent) => {
    setEntries((before) => addFeedEntry(before, event, Date.now()));
    onEvent(event);
  });

  useEffect(() => {
    if (start === undefined) return;
    const stop = new AbortController();
    const ports = {
      open: (after: bigint, signal: AbortSignal, onOpen: () => void) =>
        notes.watchNotes({ afterSequence: after }, { signal, onHeader: onOpen }),
      wait,
      pause: waitOrOnline,
      random: Math.random,
      onEvent: (event: NoteEvent) => receive(event),
      onStatus: setStatus,
      onResumed: (after: bigint) => activity.add("resumed", `Feed resumed after #${after}`),
    };
    void watchFeed<NoteEvent>(ports, start, stop.signal);
    return () => stop.abort();
  }, [start, notes, activity]);

  return { status, entries };
}
