import { describe, expect, it } from "vitest";
import { fairnessBench } from "./benches/fairness.ts";
import { streamMessagesBench } from "./benches/stream-messages.ts";
import { createStreamWireBenches } from "./benches/stream-wire.ts";
import { streamsBench } from "./benches/streams.ts";
import { hasGo } from "./go/build-server.ts";
import { GO_SIDE } from "./go/go-server.ts";

const SIDES = ["countersign", "connect-no-auth"] as const;
const ENDS = ["p50", "p99", "max"] as const;
const STALLS = ["gap-max", "gc-max", "gc-total"] as const;
const WAYS = ["out", "out-growth", "in", "in-growth"] as const;

const CASES = [
  {
    bench: streamsBench,
    sides: [
      ...SIDES.flatMap((side) => ["memory", "cpu"].map((figure) => `${side}-${figure}`)),
      ...["late", "client-late"].flatMap((end) => ENDS.map((figure) => `countersign-${end}-${figure}`)),
      ...STALLS.map((figure) => `countersign-late-${figure}`),
      "countersign-late-cpu",
      "countersign-revoke",
      ...ENDS.map((figure) => `countersign-client-revoked-${figure}`),
      ...STALLS.map((figure) => `countersign-revoked-${figure}`),
    ],
  },
  {
    bench: fairnessBench,
    sides: ["gap-max", "call-p50", "call-p99", "after"].map((figure) => `countersign-${figure}`),
  },
  { bench: streamMessagesBench, sides: SIDES.flatMap((side) => WAYS.map((way) => `${side}-${way}`)) },
  ...createStreamWireBenches().map((bench) => ({
    bench,
    sides: [...SIDES, "grpcjs-jsonwebtoken", ...(hasGo() ? [GO_SIDE] : [])].flatMap((side) => [
      side,
      `${side}-rate`,
    ]),
  })),
];

describe("the benches of streams, as quickly as they can", () => {
  for (const { bench, sides } of CASES) {
    it(`${bench.name}: takes every figure that it promises`, async () => {
      const rows = await bench.run({ rounds: 1, quick: true });
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
