import { type Cluster, startCluster } from "./cluster.ts";
import { startRequestProxy } from "./request-proxy.ts";
import { SHORT_LIVES } from "./stream-runs.ts";
import { type Balancer, startTcpProxy } from "./tcp-proxy.ts";

/** How many servers there are. */
export const SERVERS = 3;

/** The kinds of proxies that may stand in front of servers. */
export const PROXIES = {
  "gives each connection to the next server": startTcpProxy,
  "gives each request to the next server": startRequestProxy,
};

/** Servers on one Postgres, behind a proxy. */
export interface BalancedCluster extends AsyncDisposable {
  readonly cluster: Cluster;
  readonly proxy: Balancer;
}

/** Start three servers whose tokens live shortly, and a proxy in front of them. */
export async function startBalancedCluster(
  startProxy: (typeof PROXIES)[keyof typeof PROXIES],
): Promise<BalancedCluster> {
  await using started = new AsyncDisposableStack();
  const replicas = Array.from({ length: SERVERS }, () => ({}));
  const cluster = started.use(await startCluster(replicas, SHORT_LIVES));
  const ports = (): number[] => cluster.servers.map(({ baseUrl }) => Number(new URL(baseUrl).port));
  const proxy = started.use(await startProxy(ports));
  const stack = started.move();
  return { cluster, proxy, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}
