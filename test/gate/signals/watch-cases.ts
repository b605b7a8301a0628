/** What happens at a time, and what is done then: `open 2@1` opens watch 2 at hub 1. */
export type Step = readonly [atMs: number, event: string, commands: string];

/** A rule of the plan, and a run that shows it. */
interface WatchCase {
  readonly rule: string;
  readonly hubs: number;
  readonly steps: readonly Step[];
}

export const WATCH_CASES: readonly WatchCase[] = [
  {
    rule: "a watch goes on for as long as something comes every five seconds",
    hubs: 1,
    steps: [
      [0, "start", "open 1@0"],
      [9_999, "timer", ""],
      [9_999, "asked 1", ""],
      [14_000, "received 1", ""],
      [18_000, "alive 1", ""],
      [22_999, "timer", ""],
      [22_999, "alive 1", ""],
      [27_998, "timer", ""],
    ],
  },
  {
    rule: "silence of five seconds ends a watch, and the next comes after half of two seconds",
    hubs: 1,
    steps: [
      [0, "start", "open 1@0"],
      [0, "asked 1", ""],
      [1_000, "alive 1", ""],
      [5_999, "timer", ""],
      [6_000, "timer", "close 1 silent"],
      [6_999, "timer", ""],
      [7_000, "timer", "open 2@0"],
    ],
  },
  {
    rule: "what comes after the silence comes too late, although no timer has run",
    hubs: 1,
    steps: [
      [0, "start", "open 1@0"],
      [0, "asked 1", ""],
      [5_000, "alive 1", "close 1 silent"],
      [5_500, "alive 1", ""],
      [6_000, "timer", "open 2@0"],
    ],
  },
  {
    rule: "a token that does not come is given up after ten seconds",
    hubs: 1,
    steps: [
      [0, "start", "open 1@0"],
      [10_000, "timer", "close 1 silent"],
    ],
  },
  {
    rule: "waits double from two seconds to ten, and all of each is random",
    hubs: 1,
    steps: [
      [0, "start", "open 1@0"],
      [0, "ended 1", ""],
      [999, "timer", ""],
      [1_000, "timer", "open 2@0"],
      [1_000, "ended 2", ""],
      [3_000, "timer", "open 3@0"],
      [3_000, "ended 3", ""],
      [7_000, "timer", "open 4@0"],
      [7_000, "ended 4", ""],
      [12_000, "timer", "open 5@0"],
      [12_000, "ended 5", ""],
      [17_000, "timer", "open 6@0"],
    ],
  },
  {
    rule: "a watch that has gone well for ten seconds makes the failures before it forgotten",
    hubs: 1,
    steps: [
      [0, "start", "open 1@0"],
      [0, "ended 1", ""],
      [1_000, "timer", "open 2@0"],
      [1_000, "asked 2", ""],
      [1_000, "alive 2", ""],
      [6_000 - 1, "alive 2", ""],
      [10_000, "alive 2", ""],
      [11_000, "ended 2", ""],
      [12_000, "timer", "open 3@0"],
    ],
  },
  {
    rule: "a watch that ends as soon as it goes well counts as a failure",
    hubs: 1,
    steps: [
      [0, "start", "open 1@0"],
      [0, "ended 1", ""],
      [1_000, "timer", "open 2@0"],
      [1_000, "alive 2", ""],
      [1_000, "ended 2", ""],
      [2_999, "timer", ""],
      [3_000, "timer", "open 3@0"],
    ],
  },
  {
    rule: "another hub is tried at once, each once, and then after a wait",
    hubs: 3,
    steps: [
      [0, "start", "open 1@1"],
      [0, "ended 1", "open 2@2"],
      [0, "ended 2", "open 3@0"],
      [0, "ended 3", ""],
      [1_000, "timer", "open 4@1"],
    ],
  },
  {
    rule: "what says when to come again is not asked earlier, and not by all at once",
    hubs: 1,
    steps: [
      [0, "start", "open 1@0"],
      [0, "ended 1 30000", ""],
      [30_999, "timer", ""],
      [31_000, "timer", "open 2@0"],
    ],
  },
  {
    rule: "a hub that drains is left at once, and its watch goes on until all is known with the next",
    hubs: 2,
    steps: [
      [0, "start", "open 1@1"],
      [0, "alive 1", ""],
      [4_000, "drain 1", "open 2@0"],
      [4_000, "alive 1", ""],
      [4_000, "asked 2", ""],
      [4_500, "received 2", ""],
      [4_800, "alive 2", "close 1 replaced"],
      [4_900, "ended 1", ""],
    ],
  },
  {
    rule: "a single hub that drains is asked again at once: another process answers there",
    hubs: 1,
    steps: [
      [0, "start", "open 1@0"],
      [0, "alive 1", ""],
      [0, "drain 1", "open 2@0"],
      [0, "drain 1", ""],
      [0, "alive 2", "close 1 replaced"],
      [0, "drain 2", ""],
      [2_000, "timer", "open 3@0"],
    ],
  },
  {
    rule: "a hub that drains before anything is known with it is let go of",
    hubs: 2,
    steps: [
      [0, "start", "open 1@1"],
      [0, "drain 1", "close 1 replaced, open 2@0"],
      [0, "drain 2", "close 2 replaced"],
      [1_000, "timer", "open 3@1"],
    ],
  },
  {
    rule: "the next watch is opened before the token runs out, at the same hub, and then takes the place of the former",
    hubs: 2,
    steps: [
      [0, "start", "open 1@1"],
      [0, "alive 1 3000", ""],
      [2_999, "alive 1 3000", ""],
      [3_000, "timer", "open 2@1"],
      [3_500, "alive 1 3000", ""],
      [3_500, "asked 2", ""],
      [4_000, "alive 2 3000", "close 1 replaced"],
      [7_000, "timer", "open 3@1"],
    ],
  },
  {
    rule: "a next watch that fails is tried elsewhere, and again, while the former goes on",
    hubs: 2,
    steps: [
      [0, "start", "open 1@1"],
      [0, "alive 1 3000", ""],
      [3_000, "timer", "open 2@1"],
      [3_000, "ended 2", "open 3@0"],
      [3_000, "ended 3", ""],
      [3_500, "alive 1 3000", ""],
      [4_000, "timer", "open 4@1"],
      [4_000, "alive 4", "close 1 replaced"],
    ],
  },
  {
    rule: "a former watch that ends while the next is opened opens no third",
    hubs: 1,
    steps: [
      [0, "start", "open 1@0"],
      [0, "alive 1 3000", ""],
      [3_000, "timer", "open 2@0"],
      [3_000, "ended 1", ""],
      [3_000, "asked 2", ""],
      [3_100, "alive 2", ""],
      [3_100, "ended 2", ""],
    ],
  },
  {
    rule: "a watch that is opened with other words takes the place of one that is being opened, or beside one",
    hubs: 1,
    steps: [
      [0, "start", "open 1@0"],
      [0, "replace", "close 1 replaced, open 2@0"],
      [0, "alive 2", ""],
      [0, "replace", "open 3@0"],
      [0, "replace", "close 3 replaced, open 4@0"],
      [0, "alive 4", "close 2 replaced"],
      [0, "ended 4", ""],
      [0, "replace", ""],
      [1_000, "timer", "open 5@0"],
    ],
  },
  {
    rule: "a watch whose token is refused after all was known with it is opened again at once, at the same hub, and not in a loop",
    hubs: 2,
    steps: [
      [0, "start", "open 1@1"],
      [0, "alive 1", ""],
      [3_000, "token_refused 1", "open 2@1"],
      [3_000, "alive 2", ""],
      [4_000, "token_refused 2", ""],
      [5_000, "timer", "open 3@0"],
      [5_000, "token_refused 3", ""],
    ],
  },
];
