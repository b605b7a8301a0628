import { describe, expect, it } from "vitest";
import { gateRevokedBench } from "./benches/gate-revoked.ts";
import { millionBench } from "./benches/million.ts";
import { outageBench } from "./benches/outage.ts";
import { refreshBench } from "./benches/refresh.ts";
import { revocationBench } from "./benches/revocation.ts";
import { sessionMemoryBench } from "./benches/session-memory.ts";
import { signInBench } from "./benches/sign-in.ts";
import { signalsBench } from "./benches/signals.ts";

const QUICK = { rounds: 1, quick: true };

const CASES = [
  { bench: refreshBench, sides: ["countersign-sqlite", "node-sqlite", "countersign-postgres", "pg"] },
  { bench: signInBench, sides: ["countersign", "argon2id"] },
  {
    bench: revocationBench,
    sides: ["same-server", "other-server", "session-revoke", "key-compromise", "workers"].flatMap((side) => [
      `${side}-p50`,
      `${side}-p99`,
    ]),
  },
  {
    bench: signalsBench,
    sides: [
      "memory-per-gate",
      "cpu-per-delivery",
      "receive-p99",
      "burst-cpu-per-delivery",
      "node-memory",
      "node-cpu",
      "end-p99",
    ],
  },
  {
    bench: millionBench,
    sides: ["sqlite", "postgres"].flatMap((store) => [
      ...["start", "cpu", "memory", "turn"].map((figure) => `${store}-hub-${figure}`),
      ...["cpu", "turn"].map((figure) => `${store}-serve-${figure}`),
      ...["snapshot", "cpu", "memory", "turn"].map((figure) => `${store}-gate-${figure}`),
    ]),
  },
  { bench: outageBench, sides: ["refreshes-again"] },
  { bench: gateRevokedBench, sides: ["revoked-0", "revoked-100000"] },
  { bench: sessionMemoryBench, sides: ["sessions-heap", "sessions-disk", "revocations"] },
] as const;

describe("the benches of sessions, as quickly as they can", () => {
  for (const { bench, sides } of CASES) {
    it(`${bench.name}: takes every figure that it promises`, async () => {
      const rows = await bench.run(QUICK);
      expect(rows.map(({ side }) => side)).toEqual(sides);
      for (const row of rows) {
        expect(row).toMatchObject({ bench: bench.name, rounds: 1 });
      }
      expect(rows.filter(({ median }) => !(median > 0))).toEqual([]);
      for (const { ours } of bench.comparisons) {
        expect(sides).toContain(ours);
      }
    });
  }
});
