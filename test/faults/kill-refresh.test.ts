import { setTimeout as pause } from "node:timers/promises";
import { expect, test } from "vitest";
import { openDatabase } from "../../server/issuer/src/store/database.ts";
import { createRefreshingClient, isOutage, type RefreshingClient } from "../support/refreshing-client.ts";
import { signIn } from "../support/rpc.ts";
import { type ServerProcess, startServer } from "../support/server-process.ts";
import { databaseIn } from "../support/stores.ts";
import { createTemporaryFolder } from "../support/temporary-folder.ts";

// The full run: COUNTERSIGN_TEST_KILLS=200, which takes a few minutes.
const KILLS = Number(process.env.COUNTERSIGN_TEST_KILLS ?? 12);
const CLIENTS = 12;
const MAX_LIFE_MS = 200;
const SECONDS_PER_KILL = 30;

// The issuer must not move with the port, or tokens of before would be a stranger's.
const env = { COUNTERSIGN_ISSUER: "https://issuer.test" };

test(
  `kill -9 at ${KILLS} random instants under refreshes loses no session, and doubles none`,
  async () => {
    await using folder = await createTemporaryFolder();
    const start = () => startServer({ dataDir: folder.path, env });
    const clients: RefreshingClient[] = [];
    {
      await using server = await start();
      for (let count = 0; count < CLIENTS; count += 1) {
        clients.push(createRefreshingClient(await signIn(server.baseUrl)));
      }
    }
    const refused: unknown[] = [];
    for (let kill = 0; kill < KILLS; kill += 1) {
      await using server = await start();
      const refreshing = clients.map((client) => refreshUntilDown(client, server, refused));
      await pause(Math.random() * MAX_LIFE_MS);
      process.kill(server.program.pid, "SIGKILL");
      await Promise.all(refreshing);
    }
    expect(refused).toEqual([]);

    {
      await using server = await start();
      // What each client has is good: it finishes what it had begun, and goes on.
      for (const client of clients) {
        await client.refresh(server.baseUrl);
      }
      for (const client of clients) {
        await client.refresh(server.baseUrl);
      }
    }
    await using store = await openDatabase({ sqlite: databaseIn(folder.path) });
    const rows = await store.db.selectFrom("sessions").selectAll().execute();
    expect(rows.filter((row) => row.revoked_at !== null)).toEqual([]);
    // Each attempt that was answered, however often it was repeated, is one generation, and no other was made.
    const byId = new Map(rows.map((row) => [row.session_id, row.generation]));
    expect(byId).toEqual(new Map(clients.map(({ tokens, answered }) => [tokens.sessionId, answered])));
  },
  KILLS * SECONDS_PER_KILL * 1_000 + 60_000,
);

/** Refresh until the server is gone, and note what it refused before. */
async function refreshUntilDown(
  client: RefreshingClient,
  { baseUrl }: ServerProcess,
  refused: unknown[],
): Promise<void> {
  for (;;) {
    try {
      await client.refresh(baseUrl);
    } catch (error) {
      if (!isOutage(error)) {
        refused.push(error);
      }
      return;
    }
  }
}
