import { setTimeout as pause } from "node:timers/promises";
import { expect, test } from "vitest";
import { startCluster } from "../support/cluster.ts";
import { eventually } from "../support/eventually.ts";
import { createRefreshingClient, isOutage, type RefreshingClient } from "../support/refreshing-client.ts";
import { signIn } from "../support/rpc.ts";

const CLIENTS = 12;
const CUTS = 5;

test("Postgres may go away under load: Unavailable while it does, nobody is signed out, and all is well again", async () => {
  await using cluster = await startCluster([{}, {}]);
  const clients: RefreshingClient[] = [];
  for (let index = 0; index < CLIENTS; index += 1) {
    clients.push(createRefreshingClient(await signIn(cluster.at(index).baseUrl)));
  }
  const load = startLoad(clients, (index) => cluster.at(index).baseUrl);

  for (let cut = 0; cut < CUTS; cut += 1) {
    await pause(100);
    await cluster.postgres.cutConnections();
  }
  await load.untilAllRefreshed();

  const before = load.outages();
  await cluster.postgres.stop("crash");
  await eventually(() => load.outages() >= before + CLIENTS || undefined);
  await cluster.postgres.start();
  await load.untilAllRefreshed();
  await load.stop();

  expect(load.refused).toEqual([]);
  // What was begun is finished, and what each client has goes on.
  for (const client of clients) {
    await client.refresh(cluster.at(0).baseUrl);
  }
  for (const client of clients) {
    await client.refresh(cluster.at(1).baseUrl);
  }
}, 600_000);

/** Let every client refresh again and again, at one server after the other. */
function startLoad(clients: readonly RefreshingClient[], urlOf: (index: number) => string) {
  const refused: unknown[] = [];
  let outages = 0;
  let isStopped = false;
  const run = async (client: RefreshingClient, offset: number): Promise<void> => {
    for (let count = offset; !isStopped; count += 1) {
      try {
        await client.refresh(urlOf(count));
      } catch (error) {
        if (isOutage(error)) {
          outages += 1;
        } else {
          refused.push(error);
        }
      }
      await pause(20);
    }
  };
  const running = Promise.all(clients.map(run));
  return {
    refused,
    outages: () => outages,
    /** Wait until every client was answered twice from now on: one attempt may have begun before. */
    async untilAllRefreshed() {
      const before = clients.map((client) => client.answered);
      await eventually(
        () => clients.every((client, index) => client.answered >= (before[index] ?? 0) + 2) || undefined,
      );
    },
    async stop() {
      isStopped = true;
      await running;
    },
  };
}
