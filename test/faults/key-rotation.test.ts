import { SessionService } from "@countersign/gen/countersign/auth/v1/session_pb.js";
import { expect, test } from "vitest";
import { openDatabase } from "../../server/issuer/src/store/database.ts";
import { startCluster } from "../support/cluster.ts";
import { createRefreshingClient } from "../support/refreshing-client.ts";
import { clientOf, signIn } from "../support/rpc.ts";

// The full run: COUNTERSIGN_TEST_ROTATIONS=100.
const ROTATIONS = Number(process.env.COUNTERSIGN_TEST_ROTATIONS ?? 15);
const SERVERS = 4;
const CLIENTS = 6;
const SECONDS_PER_ROTATION = 30;

/** Rotate as fast as the rules allow: each key is published for a while before it signs. */
const FAST = {
  COUNTERSIGN_KEY_ROTATION: "1ms",
  COUNTERSIGN_KEY_PUBLISH_BEFORE: "600ms",
  COUNTERSIGN_JWKS_MAX_AGE: "300ms",
};

test(
  `${ROTATIONS} key rotations under load with ${SERVERS} verifying servers refuse no valid token`,
  async () => {
    await using cluster = await startCluster(
      Array.from({ length: SERVERS }, () => ({})),
      FAST,
    );
    await using store = await openDatabase({ postgres: cluster.databaseUrl });
    const rotations = async (): Promise<number> =>
      (await store.db.selectFrom("signing_keys").select("kid").where("state", "=", "retired").execute())
        .length;
    const refused: unknown[] = [];
    let calls = 0;
    let isOver = false;
    const kids = new Set<string>();

    const run = async (offset: number): Promise<void> => {
      const client = createRefreshingClient(await signIn(cluster.at(offset).baseUrl));
      const held: string[] = [];
      for (let index = offset; !isOver; index += 1) {
        const { accessToken } = await client.refresh(cluster.at(index).baseUrl);
        kids.add(accessToken.split(".", 1)[0] ?? "");
        held.push(accessToken);
        // The token of just now at every server, and an old one at one of them.
        const old = held[Math.floor(Math.random() * held.length)] ?? accessToken;
        const checks = [...cluster.servers.map(({ baseUrl }) => ({ baseUrl, token: accessToken }))];
        checks.push({ baseUrl: cluster.at(index).baseUrl, token: old });
        const results = await Promise.allSettled(
          checks.map((check) => clientOf(SessionService, check).whoAmI({})),
        );
        calls += results.length;
        refused.push(...results.filter((result) => result.status === "rejected"));
      }
    };
    const before = await rotations();
    const watch = async (): Promise<void> => {
      while ((await rotations()) < before + ROTATIONS) {
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      isOver = true;
    };
    await Promise.all([watch(), ...Array.from({ length: CLIENTS }, (_, index) => run(index))]);

    expect(refused).toEqual([]);
    // The keys changed under the load, not beside it.
    expect(kids.size).toBeGreaterThan(ROTATIONS / 2);
    expect(calls).toBeGreaterThan(ROTATIONS * SERVERS);
  },
  ROTATIONS * SECONDS_PER_ROTATION * 1_000 + 120_000,
);
