import type { Bench, BenchOptions, Row, Side } from "../run/bench.ts";
import { type Child, startChild } from "../run/child.ts";
import { interleave } from "../run/rounds.ts";
import type { SessionMemory } from "../sessions/memory.ts";

const COUNT = 100_000;
const QUICK_COUNT = 2_000;

/** What sessions and revocations take of memory and disk. */
export const sessionMemoryBench: Bench = {
  name: "session-memory",
  describe: [
    `${COUNT} sessions on SQLite in a fresh process, as rows, some of them read: what the heap has grown by`,
    "(they live on the disk only), and the size of the database by session",
    `${COUNT} revoked sessions in memory: heap after garbage collection, less what it was before, by entry`,
  ],
  comparisons: [{ ours: "revocations", better: "lower", target: 100 }],
  run: runSessionMemory,
};

async function runSessionMemory({ rounds, quick }: BenchOptions): Promise<readonly Row[]> {
  const count = quick ? QUICK_COUNT : COUNT;
  const inChild = async <Answer>(question: string): Promise<Answer> => {
    const file = new URL("../sessions/main.ts", import.meta.url);
    await using child: Child = startChild(file, { core: "server", nodeOptions: ["--expose-gc"] });
    return await child.ask<Answer>(question, count);
  };
  const sessions: Side = {
    name: "sessions",
    async measure() {
      const { heapMegabytes, diskBytes } = await inChild<SessionMemory>("measureSessions");
      return [
        { side: "sessions-heap", unit: "MiB in all", value: heapMegabytes },
        { side: "sessions-disk", unit: "B/session", value: diskBytes },
      ];
    },
  };
  const revocations: Side = {
    name: "revocations",
    measure: async () => [
      { side: "revocations", unit: "B/entry", value: await inChild<number>("measureRevocations") },
    ],
  };
  return await interleave("session-memory", [sessions, revocations], rounds);
}
