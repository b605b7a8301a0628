import type { Turn } from "../gate/decider.ts";
import type { GateGroup } from "../gate/main.ts";
import type { Bench, BenchOptions, Comparison, Row, Side } from "../run/bench.ts";
import { type Child, startChild } from "../run/child.ts";
import { interleave } from "../run/rounds.ts";

const GROUPS: readonly GateGroup[] = [
  "hits",
  "claims-hits",
  "typed-claims-hits",
  "misses",
  "claims-misses",
  "typed-claims-misses",
  "rejects",
];
const TURN_MS = 400;
const QUICK_MS = 2;
/** From then on a miss takes the same time in every turn; before, up to a third more. */
const WARM_UP_DECISIONS = 20_000;
/** Collecting garbage on demand, so that what a decision allocates can be told from what was there before. */
const CHILD = { core: "server", nodeOptions: ["--expose-gc"] } as const;

/** With everything on, a token that is known costs no more than this share of what fast-jwt's cache does. */
const HIT_TARGET = 0.7;
/** And one that is not, this many times what jose alone does. */
const MISS_TARGET = 1.2;

/** Compare the gate's part of calls whose rules read claims, and the whole of them, with a library that has no rules. */
function compareClaims(found: "hit" | "miss", library: string, target: number): readonly Comparison[] {
  return ["claims", "typed-claims"].flatMap((rule) =>
    ["gate", "call"].map((part) => ({
      ours: `countersign-${rule}-${part}-${found}`,
      theirs: `${library}-${rule}-${found}`,
      better: "lower" as const,
      target,
    })),
  );
}

/** The time of one decision of the gate alone, without any server, against libraries that verify tokens. */
export const gateBench: Bench = {
  name: "gate",
  describe: [
    "processor time of one decision, one after the other; 1,000 ES256 tokens take turns, so that no call repeats the last",
    "hits, misses and rejects in a process each, because code that runs on all of them is compiled for none",
    "countersign: the whole gate (header, token, times, key, revocation, policy, principal), 10,000 verdicts kept",
    "expired: sent for the first time, expired-again: not for the first time; forged: good but for its signature",
    "allocates: bytes of the heap that one hit takes, real Headers included, which the server itself does without",
    "fast-jwt-hit: its cache of 10,000; jose-miss: the key at hand; jose-reject: the key looked up by kid",
    "claims: tokens of the size and shape of Keycloak's, by its preset, and a method with a rule that holds a claim against",
    "the message; typed-claims: the rule reads the claim by claims_type. gate: the gate's part of a call, rule: the rule's,",
    "call: both, and the rest of what guards the handler. rule-miss: of a principal that the rule has never read from",
    "fast-jwt verifies in the calling thread, jose and we in a thread of libuv's pool, which leaves the core free",
  ],
  comparisons: [
    { ours: "countersign-hit", better: "lower", target: 1.5 },
    { ours: "countersign-hit", theirs: "fast-jwt-hit", better: "lower", target: HIT_TARGET },
    ...compareClaims("hit", "fast-jwt", HIT_TARGET),
    { ours: "countersign-hit-allocates", better: "lower", target: 600 },
    { ours: "countersign-miss", theirs: "jose-miss", better: "lower", target: 1.15 },
    ...compareClaims("miss", "jose", MISS_TARGET),
    { ours: "countersign-miss", theirs: "fast-jwt-miss", better: "lower" },
    { ours: "countersign-reject-garbage", theirs: "jose-reject-garbage", better: "lower" },
    { ours: "countersign-reject-expired", theirs: "jose-reject-expired", better: "lower" },
    { ours: "countersign-reject-expired-again", theirs: "jose-reject-expired", better: "lower" },
    { ours: "countersign-reject-forged", theirs: "jose-reject-forged", better: "lower" },
    { ours: "countersign-reject-unknown-kid", theirs: "jose-reject-unknown-kid", better: "lower" },
  ],
  run: runGate,
};

async function runGate({ rounds, quick }: BenchOptions): Promise<readonly Row[]> {
  await using children = new AsyncDisposableStack();
  // To prove that everything runs, one process is enough: most of the time goes into starting them.
  const shares = quick ? [GROUPS] : GROUPS.map((group) => [group]);
  const prepared = await Promise.all(
    shares.map(async (groups) => {
      const child = children.use(startChild(new URL("../gate/main.ts", import.meta.url), CHILD));
      return { child, names: await prepare(child, groups) };
    }),
  );
  for (const { child, names } of quick ? [] : prepared) {
    for (const name of names) {
      await warmUp(child, name);
    }
  }
  const sides = prepared.flatMap(({ child, names }) => names.map((name) => toSide(child, { name, quick })));
  return await interleave("gate", sides, rounds);
}

/** @returns the names of the sides of all these groups */
async function prepare(child: Child, groups: readonly GateGroup[]): Promise<readonly string[]> {
  let names: readonly string[] = [];
  for (const group of groups) {
    names = await child.ask<readonly string[]>("prepare", group);
  }
  return names;
}

/** Compile what is measured: V8 goes by how often code was run, and what waits for a signature is run seldom. */
async function warmUp(child: Child, name: string): Promise<void> {
  for (let decisions = 0; decisions < WARM_UP_DECISIONS; ) {
    decisions += (await child.ask<Turn>("turn", { name, ms: TURN_MS })).decisions;
  }
}

function toSide(child: Child, { name, quick }: { readonly name: string; readonly quick: boolean }): Side {
  return {
    name,
    async measure() {
      const turn = await child.ask<Turn>("turn", { name, ms: quick ? QUICK_MS : TURN_MS });
      const time = { side: name, unit: "µs", value: turn.microseconds };
      if (!name.endsWith("-hit")) {
        return [time];
      }
      return [
        time,
        { side: `${name}-allocates`, unit: "B", value: await child.ask<number>("allocated", name) },
      ];
    },
  };
}
