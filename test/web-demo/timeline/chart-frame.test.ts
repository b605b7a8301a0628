import { describe, expect, test } from "vitest";
import { formatOffset, frameOf, marksOf, rowOf, toBars } from "../../../web-demo/src/timeline/chart-frame.ts";
import { EMPTY_TIMELINE, type Timeline } from "../../../web-demo/src/timeline/timeline.ts";

const NOW_MS = 10_000_000;

function timelineOf(lifeMs: number, ageMs: number): Timeline {
  return {
    ...EMPTY_TIMELINE,
    tokens: [{ generation: 1, fromMs: NOW_MS - 1_000, untilMs: NOW_MS - 1_000 + lifeMs }],
    moves: [{ atMs: NOW_MS - ageMs, generation: 1, how: "opened" }],
  };
}

const LONG_AGO_MS = 3_600_000;
const FRAMES = [
  { lifeMs: 5_000, ageMs: LONG_AGO_MS, widthPx: 800, pastMs: 60_000 },
  { lifeMs: 5_000, ageMs: LONG_AGO_MS, widthPx: 340, pastMs: 30_000 },
  { lifeMs: 15_000, ageMs: LONG_AGO_MS, widthPx: 800, pastMs: 180_000 },
  { lifeMs: 60_000, ageMs: LONG_AGO_MS, widthPx: 800, pastMs: 360_000 },
  { lifeMs: 600_000, ageMs: LONG_AGO_MS, widthPx: 800, pastMs: 900_000 },
  { lifeMs: 600_000, ageMs: 0, widthPx: 800, pastMs: 20_000 },
  { lifeMs: 600_000, ageMs: 100_000, widthPx: 800, pastMs: 110_000 },
] as const;

describe("a frame", () => {
  for (const { lifeMs, ageMs, widthPx, pastMs } of FRAMES) {
    test(`of ${widthPx} px shows ${pastMs} ms of a stream of ${ageMs} ms whose tokens last ${lifeMs} ms`, () => {
      const frame = frameOf(timelineOf(lifeMs, ageMs), NOW_MS, widthPx);
      expect(Math.round(frame.nowMs - frame.fromMs)).toBe(pastMs);
      expect(Math.round(frame.untilMs - frame.nowMs)).toBe(pastMs / 10);
    });
  }

  const MARKS = [
    { pastMs: 60_000, offsets: ["−40 s", "−20 s", "now"] },
    { pastMs: 30_000, offsets: ["−20 s", "−10 s", "now"] },
    { pastMs: 20_000, offsets: ["−15 s", "−10 s", "−5 s", "now"] },
    { pastMs: 180_000, offsets: ["−2 min", "−60 s", "now"] },
    { pastMs: 900_000, offsets: ["−10 min", "−5 min", "now"] },
  ] as const;
  for (const { pastMs, offsets } of MARKS) {
    test(`of ${pastMs} ms has marks at round distances`, () => {
      const marks = marksOf({ fromMs: NOW_MS - pastMs, nowMs: NOW_MS, untilMs: NOW_MS });
      expect(marks.map((mark) => formatOffset(NOW_MS - mark))).toEqual(offsets);
    });
  }
});

describe("bars", () => {
  const frame = { fromMs: 9_960_000, nowMs: NOW_MS, untilMs: NOW_MS };

  test("are one for each second of a short frame, and none where there was nothing", () => {
    const { starts, heights } = toBars([{ second: 9_970, messages: 4 }], frame);
    expect(starts).toHaveLength(41);
    expect(heights.flatMap((height, index) => (height === null ? [] : [[starts[index], height]]))).toEqual([
      [9_970, 2],
    ]);
  });

  test("are wider in a long frame, and show the rate", () => {
    const long = { ...frame, fromMs: NOW_MS - 900_000 };
    const seconds = Array.from({ length: 8 }, (_, index) => ({ second: 9_600 + index, messages: 1 }));
    const { starts, heights } = toBars(seconds, long);
    expect(starts.length).toBeLessThanOrEqual(121);
    expect(heights.filter((height) => height !== null)).toEqual([1]);
  });

  test("keep their edges while the frame moves", () => {
    const later = { fromMs: frame.fromMs + 400, nowMs: frame.nowMs + 400, untilMs: 0 };
    expect(toBars([], later).starts).toEqual(toBars([], frame).starts);
  });

  test("leave out what is not in the frame", () => {
    const outside = [
      { second: 9_000, messages: 1 },
      { second: 11_000, messages: 1 },
    ];
    expect(toBars(outside, frame).heights.every((height) => height === null)).toBe(true);
  });
});

test("tokens that follow each other are in different rows", () => {
  expect(new Set([4, 5, 6].map((generation) => rowOf({ generation }))).size).toBe(3);
});
