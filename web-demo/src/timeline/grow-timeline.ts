import { beginDelivery, confirmWrite, receiveMessage, recount } from "./delivery.ts";
import {
  type Move,
  NO_TOTALS,
  type Span,
  type Timeline,
  type TimelineEvent,
  type TokenSpan,
} from "./timeline.ts";

/** Longer than any window that is shown. */
const KEPT_MS = 20 * 60_000;

/**
 * Add an event to a timeline, and let go of what is long past.
 *
 * @param atMs when it happened, in milliseconds since 1970
 */
export function addTimelineEvent(timeline: Timeline, event: TimelineEvent, atMs: number): Timeline {
  return prune(apply(timeline, event, atMs), atMs - KEPT_MS);
}

function apply(timeline: Timeline, event: TimelineEvent, atMs: number): Timeline {
  switch (event.type) {
    case "opened":
      return open(timeline, event.after, atMs);
    case "token":
      return addToken(timeline, event);
    case "renewed":
      return move(timeline, "renewed", atMs);
    case "message":
      return addMessage(timeline, event.sequence, atMs);
    case "confirmed":
      return { ...timeline, delivery: timeline.delivery && confirmWrite(timeline.delivery, event.sequence) };
    case "interrupted":
      return interrupt(timeline, event.retryAtMs, atMs);
    case "resumed":
      return resume(timeline, atMs);
    case "cut":
      return { ...timeline, cuts: [...timeline.cuts, { fromMs: atMs, untilMs: undefined }] };
    case "restored":
      return { ...timeline, cuts: endLast(timeline.cuts, atMs) };
    default:
      return event satisfies never;
  }
}

/** A stream that is opened on purpose begins a new count: what the one before went through is not its own. */
function open(timeline: Timeline, after: bigint, atMs: number): Timeline {
  const delivery = timeline.delivery === undefined ? beginDelivery(after) : recount(timeline.delivery);
  const interruptions = endLast(timeline.interruptions, atMs);
  const opened = { ...timeline, delivery, interruptions, retryAtMs: undefined, totals: NO_TOTALS };
  return move(opened, "opened", atMs);
}

function addToken(timeline: Timeline, { generation, fromMs, untilMs }: TokenSpan): Timeline {
  if (timeline.tokens.at(-1)?.generation === generation) {
    return timeline;
  }
  return { ...timeline, tokens: [...timeline.tokens, { generation, fromMs, untilMs }] };
}

/** Put the stream on the newest token. */
function move(timeline: Timeline, how: Move["how"], atMs: number): Timeline {
  const { moves, totals } = timeline;
  const generation = timeline.tokens.at(-1)?.generation ?? 0;
  const isNew = how === "opened" || moves.at(-1)?.generation !== generation;
  if (!isNew && how === "renewed") {
    return timeline;
  }
  const tokens = totals.tokens + (isNew ? 1 : 0);
  const renewals = totals.renewals + (how === "renewed" ? 1 : 0);
  return {
    ...timeline,
    moves: [...moves, { atMs, generation, how }],
    totals: { ...totals, tokens, renewals },
  };
}

function addMessage(timeline: Timeline, sequence: bigint, atMs: number): Timeline {
  const { seconds, totals, delivery } = timeline;
  const second = Math.floor(atMs / 1000);
  const last = seconds.at(-1);
  const messages = last?.second === second ? last.messages + 1 : 1;
  const before = last?.second === second ? seconds.slice(0, -1) : seconds;
  return {
    ...timeline,
    seconds: [...before, { second, messages }],
    totals: { ...totals, messages: totals.messages + 1 },
    delivery: delivery && receiveMessage(delivery, sequence),
  };
}

/** Several failed tries are one interruption. */
function interrupt(timeline: Timeline, retryAtMs: number, atMs: number): Timeline {
  if (timeline.retryAtMs !== undefined) {
    return { ...timeline, retryAtMs };
  }
  const interruptions = [...timeline.interruptions, { fromMs: atMs, untilMs: undefined }];
  const totals = { ...timeline.totals, interruptions: timeline.totals.interruptions + 1 };
  return { ...timeline, retryAtMs, interruptions, totals };
}

function resume(timeline: Timeline, atMs: number): Timeline {
  if (timeline.retryAtMs === undefined) {
    return timeline;
  }
  const interruptions = endLast(timeline.interruptions, atMs);
  return move({ ...timeline, retryAtMs: undefined, interruptions }, "resumed", atMs);
}

function endLast(spans: readonly Span[], untilMs: number): readonly Span[] {
  const last = spans.at(-1);
  return last === undefined || last.untilMs !== undefined
    ? spans
    : [...spans.slice(0, -1), { ...last, untilMs }];
}

function prune(timeline: Timeline, beforeMs: number): Timeline {
  const { tokens, moves, interruptions, cuts, seconds } = timeline;
  const isKept = ({ untilMs = Infinity }: { readonly untilMs: number | undefined }): boolean =>
    untilMs >= beforeMs;
  return {
    ...timeline,
    tokens: keep(tokens, isKept),
    // The last one says what the stream runs on, however long ago it was.
    moves: keep(moves, (entry) => entry.atMs >= beforeMs || entry === moves.at(-1)),
    interruptions: keep(interruptions, isKept),
    cuts: keep(cuts, isKept),
    seconds: keep(seconds, ({ second }) => second * 1000 >= beforeMs),
  };
}

/** The same array when nothing is let go. */
function keep<T>(entries: readonly T[], isKept: (entry: T) => boolean): readonly T[] {
  return entries.every(isKept) ? entries : entries.filter(isKept);
}
