import type { CacheName } from "../memory/main.ts";
import type { Bench, BenchOptions, Row, Side } from "../run/bench.ts";
import { startChild } from "../run/child.ts";
import { interleave } from "../run/rounds.ts";

const CACHES: readonly CacheName[] = ["countersign", "fast-jwt"];
const ENTRIES = [10_000, 100_000];
const QUICK_ENTRIES = [1000];
/** Beyond so many entries, so many rounds: filling takes long, and the figures of all rounds are the same. */
const LARGE = { entries: 50_000, rounds: 2 };

/** What a verdict takes of memory for as long as it is remembered. */
export const cacheMemoryBench: Bench = {
  name: "cache-memory",
  describe: [
    "a cache of so many entries is filled to the brim in a fresh process: heap and external memory after garbage",
    "collection, less what they were before, by entry; every token has claims and a session of its own",
  ],
  comparisons: ENTRIES.map((entries) => ({
    ours: `countersign-${entries}`,
    theirs: `fast-jwt-${entries}`,
    better: "lower",
  })),
  run: runCacheMemory,
};

async function runCacheMemory({ rounds, quick }: BenchOptions): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (const entries of quick ? QUICK_ENTRIES : ENTRIES) {
    const sides = CACHES.map((name) => toSide(name, entries));
    const turns = entries > LARGE.entries ? Math.min(rounds, LARGE.rounds) : rounds;
    rows.push(...(await interleave("cache-memory", sides, turns)));
  }
  return rows;
}

function toSide(cache: CacheName, entries: number): Side {
  const name = `${cache}-${entries}`;
  return {
    name,
    async measure() {
      const file = new URL("../memory/main.ts", import.meta.url);
      await using child = startChild(file, { core: "server", nodeOptions: ["--expose-gc"] });
      const value = await child.ask<number>("measure", { name: cache, entries });
      return [{ side: name, unit: "B/entry", value }];
    },
  };
}
