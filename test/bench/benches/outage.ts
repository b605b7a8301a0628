import { type Cluster, startCluster } from "../../support/cluster.ts";
import { eventually } from "../../support/eventually.ts";
import { createRefreshingClient, isOutage, type RefreshingClient } from "../../support/refreshing-client.ts";
import { signIn } from "../../support/rpc.ts";
import type { Bench, BenchOptions, Reading, Row } from "../run/bench.ts";
import { interleave } from "../run/rounds.ts";

/** How soon servers go on when their Postgres, which crashed, is back. */
export const outageBench: Bench = {
  name: "outage",
  describe: [
    "two servers on one Postgres that crashes and is started again: from when it takes connections until each server",
    "has answered a refresh",
  ],
  comparisons: [{ ours: "refreshes-again", better: "lower", target: 5_000 }],
  run: runOutage,
};

async function runOutage({ rounds }: BenchOptions): Promise<readonly Row[]> {
  await using cluster = await startCluster([{}, {}]);
  const client = createRefreshingClient(await signIn(cluster.at(0).baseUrl));
  return await interleave("outage", [{ name: "outage", measure: () => measure(cluster, client) }], rounds);
}

async function measure(cluster: Cluster, client: RefreshingClient): Promise<readonly Reading[]> {
  await cluster.postgres.stop("crash");
  for (const { baseUrl } of cluster.servers) {
    await eventually(async () => ((await refreshes(client, baseUrl)) ? undefined : true));
  }
  await cluster.postgres.start();
  const startMs = performance.now();
  for (const { baseUrl } of cluster.servers) {
    await eventually(async () => ((await refreshes(client, baseUrl)) ? true : undefined));
  }
  return [{ side: "refreshes-again", unit: "ms", value: performance.now() - startMs }];
}

async function refreshes(client: RefreshingClient, baseUrl: string): Promise<boolean> {
  try {
    await client.refresh(baseUrl);
    return true;
  } catch (error) {
    if (!isOutage(error)) {
      throw error;
    }
    return false;
  }
}
