import { describe, expect, test } from "vitest";
import { addTimelineEvent } from "../../../web-demo/src/timeline/grow-timeline.ts";
import {
  EMPTY_TIMELINE,
  type Timeline,
  type TimelineEvent,
} from "../../../web-demo/src/timeline/timeline.ts";
import { createTimelineStore } from "../../../web-demo/src/timeline/timeline-store.ts";

const token = (generation: number, fromMs = generation * 2_000): TimelineEvent => ({
  ...{ type: "token", generation, fromMs, untilMs: fromMs + 5_000 },
});
const message = (sequence: number): TimelineEvent => ({ type: "message", sequence: BigInt(sequence) });
const opened: TimelineEvent = { type: "opened", after: 0n };

/** Add events, each a second after the one before. */
function play(...events: readonly TimelineEvent[]): Timeline {
  return events.reduce(
    (timeline, event, index) => addTimelineEvent(timeline, event, (index + 1) * 1_000),
    EMPTY_TIMELINE,
  );
}

describe("a timeline", () => {
  test("counts a stream that is renewed over three tokens and delivers", () => {
    const { totals, moves } = play(
      ...[token(1), opened, message(1), token(2), { type: "renewed" } as const],
      ...[message(2), message(3), token(3), { type: "renewed" } as const, message(4)],
    );
    expect(totals).toEqual({ tokens: 3, renewals: 2, interruptions: 0, messages: 4 });
    expect(moves.map(({ how, generation }) => [how, generation])).toEqual([
      ["opened", 1],
      ["renewed", 2],
      ["renewed", 3],
    ]);
  });

  test("counts tokens that the stream has run on, not those that only calls used", () => {
    const { totals, tokens } = play(token(1), opened, token(2), token(3), { type: "renewed" });
    expect(totals.tokens).toBe(2);
    expect(tokens.map(({ generation }) => generation)).toEqual([1, 2, 3]);
  });

  test("counts a renewal once, and a token that is told of twice once", () => {
    const { totals, tokens } = play(
      token(1),
      opened,
      token(2),
      token(2),
      { type: "renewed" },
      { type: "renewed" },
    );
    expect(totals).toMatchObject({ tokens: 2, renewals: 1 });
    expect(tokens).toHaveLength(2);
  });

  test("counts all failed tries of one interruption as one, from its beginning to its end", () => {
    const { totals, interruptions, retryAtMs, moves } = play(
      ...[token(1), opened, { type: "interrupted", retryAtMs: 3_500 } as const],
      ...[{ type: "interrupted", retryAtMs: 5_000 } as const, token(2), { type: "resumed" } as const],
    );
    expect(totals).toMatchObject({ tokens: 2, interruptions: 1 });
    expect(interruptions).toEqual([{ fromMs: 3_000, untilMs: 6_000 }]);
    expect(moves.at(-1)).toEqual({ atMs: 6_000, generation: 2, how: "resumed" });
    expect(retryAtMs).toBeUndefined();
  });

  test("says when an interrupted stream is tried again", () => {
    const trying = play(token(1), opened, { type: "interrupted", retryAtMs: 3_500 });
    expect(trying.retryAtMs).toBe(3_500);
    expect(trying.interruptions).toEqual([{ fromMs: 3_000, untilMs: undefined }]);
  });

  test("takes a resumption on the same token for no new token, and one without an interruption for nothing", () => {
    const same = play(token(1), opened, { type: "interrupted", retryAtMs: 0 }, { type: "resumed" });
    expect(same.totals.tokens).toBe(1);
    const nothing = play(token(1), opened, { type: "resumed" });
    expect(nothing.moves).toHaveLength(1);
  });

  test("begins a new count with a stream that is opened on purpose, and keeps what can be seen", () => {
    const { totals, moves, seconds } = play(token(1), opened, message(1), token(2), opened, message(2));
    expect(totals).toEqual({ tokens: 1, renewals: 0, interruptions: 0, messages: 1 });
    expect(moves.map(({ how }) => how)).toEqual(["opened", "opened"]);
    expect(seconds).toHaveLength(2);
  });

  test("remembers when the network was cut", () => {
    expect(play(opened, { type: "cut" }).cuts).toEqual([{ fromMs: 2_000, untilMs: undefined }]);
    expect(play(opened, { type: "cut" }, { type: "restored" }).cuts).toEqual([
      { fromMs: 2_000, untilMs: 3_000 },
    ]);
  });

  test("counts the messages of each second of the clock", () => {
    const at = (timeline: Timeline, ms: number, sequence: number): Timeline =>
      addTimelineEvent(timeline, message(sequence), ms);
    const { seconds } = at(at(at(EMPTY_TIMELINE, 1_100, 1), 1_900, 2), 2_000, 3);
    expect(seconds).toEqual([
      { second: 1, messages: 2 },
      { second: 2, messages: 1 },
    ]);
  });

  test("lets go of what is long past, but not of the token that the stream runs on", () => {
    const before = play(token(1), opened, message(1), { type: "cut" }, { type: "restored" });
    const { tokens, moves, seconds, cuts, totals } = addTimelineEvent(before, message(2), 3_600_000);
    expect([tokens.length, moves.length, seconds.length, cuts.length]).toEqual([0, 1, 1, 0]);
    expect(totals.messages).toBe(2);
  });
});

test("the store tells its listeners, and puts what is told late where it belongs", () => {
  const store = createTimelineStore(() => 10_000);
  let told = 0;
  const stop = store.subscribe(() => (told += 1));
  store.add({ type: "cut" }, 400);
  store.clear();
  stop();
  store.add({ type: "cut" });
  expect(told).toBe(2);
  expect(store.getSnapshot().cuts).toEqual([{ fromMs: 10_000, untilMs: undefined }]);
});
