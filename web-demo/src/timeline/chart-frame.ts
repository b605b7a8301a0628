import type { Second, Timeline, TokenSpan } from "./timeline.ts";

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
/** How much of the past is shown: enough to see a stream cross several tokens, as far as a person waits for that. */
const FRAMES = [
  { upToLifeMs: 6_000, pastMs: MINUTE_MS },
  { upToLifeMs: 20_000, pastMs: 3 * MINUTE_MS },
  { upToLifeMs: 90_000, pastMs: 6 * MINUTE_MS },
  { upToLifeMs: Infinity, pastMs: 15 * MINUTE_MS },
] as const;
/** Below this width half the time is shown, so that the tokens stay wide enough to be distinguished. */
const NARROW_PX = 520;
/** A timeline that has just begun fills the chart all the same. */
const SHORTEST_PAST_MS = 20 * SECOND_MS;
const ROOM_BEFORE = 1.1;
/** How much of the chart lies ahead of now: one sees the newest token's end come. */
const AHEAD_SHARE = 0.1;

/** What part of time is shown, in milliseconds since 1970. */
export interface Frame {
  readonly fromMs: number;
  readonly nowMs: number;
  readonly untilMs: number;
}

/** Compute which part of time a chart shows. @param widthPx how wide it is */
export function frameOf({ tokens, moves }: Timeline, nowMs: number, widthPx: number): Frame {
  const newest = tokens.at(-1);
  const lifeMs = newest === undefined ? 0 : newest.untilMs - newest.fromMs;
  const { pastMs } = FRAMES.find(({ upToLifeMs }) => lifeMs <= upToLifeMs) ?? FRAMES[3];
  const most = widthPx < NARROW_PX ? pastMs / 2 : pastMs;
  const soFar = (nowMs - (moves[0]?.atMs ?? nowMs)) * ROOM_BEFORE;
  const shownMs = Math.min(most, Math.max(SHORTEST_PAST_MS, soFar));
  return { fromMs: nowMs - shownMs, nowMs, untilMs: nowMs + shownMs * AHEAD_SHARE };
}

const STEPS_MS = [5, 10, 20, 30, 60, 120, 180, 300].map((seconds) => seconds * SECOND_MS);
const MOST_MARKS = 3;

/** Choose the times that the axis names: now, and a few round distances before. */
export function marksOf({ fromMs, nowMs }: Frame): readonly number[] {
  const shownMs = nowMs - fromMs;
  const stepMs = STEPS_MS.find((step) => shownMs / step < MOST_MARKS + 1.1) ?? 5 * MINUTE_MS;
  const count = Math.floor((shownMs * 0.96) / stepMs);
  return Array.from({ length: count + 1 }, (_, index) => nowMs - (count - index) * stepMs);
}

/** Bars are wider than a second when there are too many of them to be distinguished. */
const MAX_BARS = 120;

/** How many messages there were, one bar beside the other. */
export interface Bars {
  /** Where each begins, in seconds since 1970. */
  readonly starts: readonly number[];
  /**
   * How high each is: the square root of the messages a second, so that what is caught up on after an interruption
   * leaves the others visible. Null where there were none.
   */
  readonly heights: readonly (number | null)[];
}

/** Put the messages of a frame into bars. Their edges stay where they are while the frame moves. */
export function toBars(seconds: readonly Second[], { fromMs, nowMs }: Frame): Bars {
  const widthSeconds = Math.max(1, Math.ceil((nowMs - fromMs) / SECOND_MS / MAX_BARS));
  const first = Math.floor(fromMs / SECOND_MS / widthSeconds);
  const last = Math.floor(nowMs / SECOND_MS / widthSeconds);
  const counts = Array.from({ length: last - first + 1 }, () => 0);
  for (const { second, messages } of seconds) {
    const index = Math.floor(second / widthSeconds) - first;
    const before = counts[index];
    if (before !== undefined) {
      counts[index] = before + messages;
    }
  }
  return {
    starts: counts.map((_, index) => (first + index) * widthSeconds),
    heights: counts.map((count) => (count === 0 ? null : Math.sqrt(count / widthSeconds))),
  };
}

/** In how many rows the tokens are drawn: each overlaps the next one, and with short lives the one after that. */
export const TOKEN_ROWS = 3;

/** Find the row in which a token is drawn, from 0. */
export function rowOf({ generation }: Pick<TokenSpan, "generation">): number {
  return generation % TOKEN_ROWS;
}

/** Write how long ago something was, for the axis: `now`, `−45 s`, `−10 min`. */
export function formatOffset(agoMs: number): string {
  const seconds = Math.round(agoMs / 1000);
  if (seconds === 0) {
    return "now";
  }
  return seconds < 120 ? `−${seconds} s` : `−${Math.round(seconds / 6) / 10} min`;
}
