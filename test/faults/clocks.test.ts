import { SessionService } from "@countersign/gen/countersign/auth/v1/session_pb.js";
import { expect, test } from "vitest";
import { startCluster } from "../support/cluster.ts";
import { createRefreshingClient } from "../support/refreshing-client.ts";
import { clientOf, signIn } from "../support/rpc.ts";
import { clockOffBy } from "../support/wrong-clock.ts";

const FIVE_MINUTES_MS = 300_000;

test("servers whose clocks are five minutes wrong work as one with those that are right, on Postgres", async () => {
  await using cluster = await startCluster([{}, clockOffBy(FIVE_MINUTES_MS), clockOffBy(-FIVE_MINUTES_MS)], {
    COUNTERSIGN_LOG_LEVEL: "warn",
  });
  const urls = cluster.servers.map(({ baseUrl }) => baseUrl);
  const [right = "", ...wrong] = urls;
  for (const url of urls) {
    const client = createRefreshingClient(await signIn(url));
    for (const other of [...urls, ...urls]) {
      const { accessToken } = await client.refresh(other);
      // A token that any of them signs is good at all of them, at once.
      for (const baseUrl of urls) {
        await clientOf(SessionService, { baseUrl, token: accessToken }).whoAmI({});
      }
    }
    // Two tabs that refresh at the same time, at servers that do not agree on the time, are no theft.
    const { refreshToken } = client.tokens;
    for (const baseUrl of [...wrong, right]) {
      const call = { refreshToken, refreshId: crypto.randomUUID() };
      await clientOf(SessionService, { baseUrl }).refresh(call);
    }
  }
  const logs = cluster.servers.map(({ program }) => program.output().stderr);
  expect(logs.map((log) => log.includes("is not that of the database"))).toEqual([false, true, true]);
});
