import { Code } from "@connectrpc/connect";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Cluster, startCluster } from "../support/cluster.ts";
import { startRequestProxy } from "../support/request-proxy.ts";
import {
  LIVES,
  RUN_MS,
  renewalsSeen,
  runImport,
  runSync,
  runWatch,
  SHORT_LIVES,
  signInSession,
} from "../support/stream-runs.ts";
import { type Balancer, startTcpProxy } from "../support/tcp-proxy.ts";

const SERVERS = 3;

/** The streams that are open at the same time. */
const RUNS = 4;

const PROXIES = {
  "gives each connection to the next server": startTcpProxy,
  "gives each request to the next server": startRequestProxy,
};

for (const [name, startProxy] of Object.entries(PROXIES)) {
  describe(`${SERVERS} servers on one Postgres behind a proxy that ${name}`, {
    timeout: RUN_MS + 60_000,
  }, () => {
    const stack = new AsyncDisposableStack();
    let cluster: Cluster;
    let proxy: Balancer;
    beforeAll(async () => {
      cluster = stack.use(
        await startCluster(
          Array.from({ length: SERVERS }, () => ({})),
          SHORT_LIVES,
        ),
      );
      const portOf = ({ baseUrl }: { readonly baseUrl: string }): number => Number(new URL(baseUrl).port);
      proxy = stack.use(await startProxy(() => cluster.servers.map(portOf)));
    }, 120_000);
    afterAll(() => stack.disposeAsync());

    describe.concurrent(`over ${LIVES} lives of a token`, () => {
      for (const way of ["grpc", "web"] as const) {
        test(`a stream from the server goes on without a gap, over ${way}`, async () => {
          await using client = await signInSession(proxy.baseUrl);
          const { written, seen, end } = await runWatch(client[way], client.grpc);
          expect(end).toMatchObject({ code: Code.Canceled });
          expect(written.length).toBeGreaterThan(RUN_MS / 1000);
          expect(seen.filter((own) => written.includes(own))).toEqual(written);
          expect(seen).toEqual([...new Set(seen)].toSorted((a, b) => (a < b ? -1 : 1)));
        });
      }

      test("a stream from the client ends with all of its messages", async () => {
        await using client = await signInSession(proxy.baseUrl);
        const { sent, created } = await runImport(client.grpc);
        expect(created).toBe(sent);
        expect(sent).toBeGreaterThan(RUN_MS / 1000);
      });

      test("a stream both ways acknowledges every message", async () => {
        await using client = await signInSession(proxy.baseUrl);
        const { sent, seen } = await runSync(client.grpc);
        expect(seen).toHaveLength(sent);
      });
    });

    test("the servers renewed every stream in every life, whichever of them was asked", async () => {
      expect(await renewalsSeen(cluster.servers)).toBeGreaterThanOrEqual(RUNS * (LIVES - 1));
      expect(proxy.shares.size).toBe(SERVERS);
    });
  });
}
