import type { NoteEvent } from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import { useEffect, useEffectEvent, useRef, useState } from "react";
import { wait } from "../model/wait.ts";
import type { Services } from "../session/services.ts";
import { useServices } from "../session/services-context.tsx";
import { isTick } from "../ticks/tick.ts";
import type { FeedEntry } from "./feed-entries.ts";
import { addFeedEntry } from "./feed-entries.ts";
import { type FeedPorts, followFeed } from "./follow-feed.ts";

/** How the feed stands. */
export type FeedStatus = "connecting" | "live" | "reconnecting" | "ended";

/** The live feed as components see it. */
export interface NoteFeed {
  readonly status: FeedStatus;
  /** The newest events, newest first, without the ticks. */
  readonly entries: readonly FeedEntry[];
}

/** What {@link useNoteFeed} needs. */
export interface NoteFeedOptions {
  /** Where the feed begins; undefined: not yet known, nothing is opened. Only its first value counts. */
  readonly startAfter: bigint | undefined;
  /** Another number opens the stream anew, where it stood. */
  readonly run: number;
  /** Called with every event, in order. */
  readonly onEvent: (event: NoteEvent) => void;
}

/** Keep `WatchNotes` open for as long as the component is shown, through token expiry and lost connections. */
export function useNoteFeed({ startAfter, run, onEvent }: NoteFeedOptions): NoteFeed {
  const services = useServices();
  const [status, setStatus] = useState<FeedStatus>("connecting");
  const [entries, setEntries] = useState<readonly FeedEntry[]>([]);
  const cursor = useRef(startAfter);
  const isReady = startAfter !== undefined;

  const receive = useEffectEvent((event: NoteEvent) => {
    cursor.current = event.sequence;
    if (!isTick(event.note)) {
      setEntries((before) => addFeedEntry(before, event, Date.now()));
    }
    onEvent(event);
  });
  const firstPlace = useEffectEvent(() => startAfter);

  // biome-ignore lint/correctness/useExhaustiveDependencies: another run opens the stream anew
  useEffect(() => {
    cursor.current ??= firstPlace();
    const after = cursor.current;
    if (!isReady || after === undefined) {
      return;
    }
    const stop = new AbortController();
    services.timeline.add({ type: "opened", after });
    const onMessage = (event: NoteEvent): void => receive(event);
    void followFeed(toPorts(services, { onMessage, onStatus: setStatus }), after, stop.signal);
    return () => stop.abort();
  }, [isReady, run, services]);

  return { status, entries };
}

interface FeedListeners {
  readonly onMessage: (event: NoteEvent) => void;
  readonly onStatus: (status: FeedStatus) => void;
}

/** Write down what happens to the stream, besides showing it. */
function toPorts(
  { notes, timeline, activity, network }: Services,
  { onMessage, onStatus }: FeedListeners,
): FeedPorts<NoteEvent> {
  let last = "";
  let isInterrupted = false;
  return {
    watch: notes.watchNotes,
    wait,
    isCutOff: network.getSnapshot,
    onEvent(event) {
      last = ` after #${event.sequence}`;
      timeline.add({ type: "message", sequence: event.sequence });
      onMessage(event);
    },
    onOpen(agoMs) {
      onStatus("live");
      timeline.add({ type: "resumed" }, agoMs);
      if (isInterrupted) {
        activity.add("resumed", `Stream resumed${last}.`);
      }
      isInterrupted = false;
    },
    onInterruption(delayMs) {
      isInterrupted = true;
      onStatus("reconnecting");
      timeline.add({ type: "interrupted", retryAtMs: Date.now() + delayMs });
    },
    onEnd: () => onStatus("ended"),
  };
}
