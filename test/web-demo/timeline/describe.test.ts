import { expect, test } from "vitest";
import { beginDelivery } from "../../../web-demo/src/timeline/delivery.ts";
import { describeChart, describeDelivery, describeTotals } from "../../../web-demo/src/timeline/describe.ts";

const line = (tokens: number, interruptions: number, messages: number) =>
  describeTotals({ tokens, renewals: 0, interruptions, messages })
    .map(({ value, what }) => `${value} ${what}`)
    .join(" · ");

test("the point is one line of four numbers", () => {
  expect(line(12, 0, 240)).toBe("1 stream · 12 tokens · 0 interruptions · 240 messages");
  expect(line(1, 1, 1)).toBe("1 stream · 1 token · 1 interruption · 1 message");
});

const delivery = { ...beginDelivery(0n), confirmed: 12, arrived: 12 };
const SENTENCES = [
  [undefined, undefined],
  [beginDelivery(0n), undefined],
  [delivery, "12 notes confirmed by the server, 12 arrived: none missed, none twice."],
  [
    { ...delivery, arrived: 11, awaited: [13n] },
    "12 notes confirmed by the server, 11 arrived, 1 on the way: none missed, none twice.",
  ],
  [
    { ...delivery, confirmed: 1, arrived: 0, missed: 1, twice: 2 },
    "1 note confirmed by the server, 0 arrived: 1 missed, 2 twice.",
  ],
] as const;

for (const [given, sentence] of SENTENCES) {
  test(`what has arrived is told as: ${sentence ?? "nothing"}`, () => {
    expect(describeDelivery(given)).toBe(sentence);
  });
}

test("the chart is told in words", () => {
  const totals = { tokens: 3, renewals: 2, interruptions: 1, messages: 40 };
  expect(describeChart(totals, 60_000)).toBe(
    "Timeline of the last 60 s. Since it was opened, one stream has run on 3 tokens: it was renewed 2 times, " +
      "interrupted 1 time, and delivered 40 messages.",
  );
});
