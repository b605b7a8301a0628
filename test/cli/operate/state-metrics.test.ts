import { expect, test } from "vitest";
import { createMetrics, type Metrics } from "../../../server/cli/src/operate/metrics.ts";
import { createWorkerMetrics } from "../../../server/cli/src/operate/server-metrics.ts";
import { createStateMetrics, type ObservedState } from "../../../server/cli/src/operate/state-metrics.ts";

interface State {
  isUp: boolean | undefined;
  readAtMs: number;
  size: number;
}

function stateOf(): State {
  return { isUp: undefined, readAtMs: 5_000, size: 7 };
}

/** A server in a state that a test changes. */
function observe(state: State): Metrics["registry"] {
  const { registry } = createMetrics();
  const revocations: Pick<ObservedState["issuer"]["revocations"], "size" | "unwritten"> = {
    get size() {
      return state.size;
    },
    unwritten: 2,
  };
  createStateMetrics(registry, {
    issuer: {
      revocations,
      state: () => ({
        revocationsReadAtMs: state.readAtMs,
        signingKeySinceMs: 3_000,
        storeConnections: { used: 4, idle: 6, waiting: 1 },
      }),
    },
    busState: { isUp: () => state.isUp },
  });
  return registry;
}

test("the state of a server is looked at when its figures are asked for", async () => {
  const state = stateOf();
  const registry = observe(state);
  const before = (await registry.metrics()).split("\n");
  expect(before).toEqual(
    expect.arrayContaining([
      "countersign_revocations 7",
      "countersign_revocations_unwritten 2",
      "countersign_revocations_read_seconds 5",
      "countersign_signing_key_active_seconds 3",
      'countersign_store_connections{state="used"} 4',
      'countersign_store_connections{state="waiting"} 1',
    ]),
  );
  expect(before.filter((line) => line.startsWith("countersign_bus_up"))).toEqual([]);
  state.size = 8;
  for (const [isUp, figure] of [
    [true, 1],
    [false, 0],
  ] as const) {
    state.isUp = isUp;
    expect(await registry.metrics()).toMatch(new RegExp(`^countersign_bus_up ${figure}$`, "m"));
  }
  expect(await registry.metrics()).toContain("countersign_revocations 8");
});

test("of several workers, the one counts whose state is the worst, and connections are added up", async () => {
  const workers = [
    { isUp: true, readAtMs: 9_000, size: 7 },
    { isUp: false, readAtMs: 5_000, size: 8 },
  ].map(observe);
  const { source } = createWorkerMetrics({
    areReady: () => false,
    count: () => 2,
    read: () => Promise.all(workers.map((worker) => worker.getMetricsAsJSON())),
  });
  expect((await source.metrics()).split("\n")).toEqual(
    expect.arrayContaining([
      "countersign_ready 0",
      "countersign_workers 2",
      "countersign_workers_lost_total 0",
      "countersign_bus_up 0",
      "countersign_revocations 8",
      "countersign_revocations_read_seconds 5",
      'countersign_store_connections{state="used"} 8',
    ]),
  );
});
