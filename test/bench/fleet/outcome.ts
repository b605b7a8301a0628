import type { Reading } from "../run/bench.ts";
import type { FollowedStream } from "./followed-streams.ts";
import type { Scene } from "./scene.ts";

/** What is counted of each fault, with its unit: the columns of the table. */
export const OUTCOMES = {
  calls: "calls",
  failed: "calls",
  "longest-gap": "ms",
  interruptions: "a stream, at the most",
  lost: "events",
  doubled: "events",
  "sessions-lost": "sessions",
  "streams-ended": "streams",
  outlived: "streams and tokens",
  "revoked-after": "ms",
} as const;

/** The name of a column. */
export type OutcomeName = keyof typeof OUTCOMES;

/** The figures of one fault. */
export type Outcome = Readonly<Record<OutcomeName, number>>;

/** Count what a fault has done. @param barMs how long what is revoked may last, in milliseconds */
export function measureOutcome({ calls, clients, streams, victims }: Scene, barMs: number): Outcome {
  const lasted = victims.flatMap((victim) => [...victim.streamsLastedMs(), victim.callsLastedMs()]);
  const sum = (of: (stream: FollowedStream) => number): number =>
    streams.reduce((total, stream) => total + of(stream), 0);
  return {
    calls: calls.count,
    failed: calls.failed,
    "longest-gap": Math.round(calls.longestGapMs()),
    interruptions: Math.max(...streams.map(({ interruptions }) => interruptions.length)),
    lost: sum(({ lost }) => lost),
    doubled: sum(({ doubled }) => doubled),
    "sessions-lost": clients.filter(({ session }) => session.getSnapshot().status !== "signed_in").length,
    "streams-ended": streams.filter(({ end }) => end !== undefined).length,
    outlived: lasted.filter((ms) => ms > barMs).length,
    "revoked-after": Math.round(Math.max(0, ...lasted)),
  };
}

/** Write the figures of a fault as those of a bench. */
export function toReadings(fault: string, outcome: Outcome): readonly Reading[] {
  return Object.entries(OUTCOMES).map(([name, unit]) => ({
    side: `${fault}-${name}`,
    unit,
    // Names and units are of one table.
    value: outcome[name as OutcomeName],
  }));
}
