import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type BalancedCluster, PROXIES, SERVERS, startBalancedCluster } from "../support/balanced-cluster.ts";
import { describeStreams, LEAST_RENEWALS } from "../support/stream-cases.ts";
import { renewalsSeen } from "../support/stream-runs.ts";

for (const [name, startProxy] of Object.entries(PROXIES)) {
  describe(`${SERVERS} servers on one Postgres behind a proxy that ${name}`, () => {
    let balanced: BalancedCluster;
    beforeAll(async () => {
      balanced = await startBalancedCluster(startProxy);
    });
    afterAll(() => balanced?.[Symbol.asyncDispose]());

    describeStreams(() => balanced.proxy.baseUrl);

    test("the servers renewed every stream in every life, whichever of them was asked", async () => {
      expect(await renewalsSeen(balanced.cluster.servers)).toBeGreaterThanOrEqual(LEAST_RENEWALS);
      expect(balanced.proxy.shares.size).toBe(SERVERS);
    });
  });
}
