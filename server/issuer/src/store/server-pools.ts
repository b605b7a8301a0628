import { Pool, type PoolClient, type PoolConfig } from "pg";
import { listServerUrls } from "./server-urls.ts";

/** How the connections to a database are used. */
export interface StoreConnections {
  /** Those that a query or a transaction has. */
  readonly used: number;
  /** Those that are open for the next one. */
  readonly idle: number;
  /** Queries and transactions that wait for one. */
  readonly waiting: number;
}

/** Connections to whichever server of several can be written. */
export interface ServerPools {
  /** Count the connections to all of them. */
  counts(): StoreConnections;
  /** Take a connection: to the server that the last one was to, or to the next that can be had. */
  connect(): Promise<PoolClient>;
  /** Go to the next server, if that of a connection is still the first: it can only be read by now. */
  moveOnFrom(client: PoolClient): void;
  end(): Promise<void>;
}

/** Open a pool for each server that a connection string names. Nothing is sent before the first connection is taken. */
export function openServerPools(url: string, config: PoolConfig): ServerPools {
  const urls = listServerUrls(url);
  const pools = urls.map((connectionString) => openPool(connectionString, config));
  const poolOf = new WeakMap<PoolClient, Pool>();
  /** The one that was of use last is first. */
  let order: readonly Pool[] = pools;

  async function takeFrom(pool: Pool): Promise<PoolClient> {
    const client = await pool.connect();
    if (urls.length > 1 && !poolOf.has(client)) {
      await assertWritable(client);
    }
    poolOf.set(client, pool);
    return client;
  }

  return {
    counts: () => ({
      used: sum(pools, (pool) => pool.totalCount - pool.idleCount),
      idle: sum(pools, (pool) => pool.idleCount),
      waiting: sum(pools, (pool) => pool.waitingCount),
    }),
    async connect() {
      let failure: unknown;
      for (const pool of order) {
        try {
          const client = await takeFrom(pool);
          if (pool !== order[0]) {
            order = [pool, ...order.filter((other) => other !== pool)];
          }
          return client;
        } catch (error) {
          failure = error;
        }
      }
      throw failure;
    },
    moveOnFrom(client) {
      const [first, ...others] = order;
      if (first !== undefined && first === poolOf.get(client)) {
        order = [...others, first];
      }
    },
    async end() {
      await Promise.all(pools.map((pool) => pool.end()));
    },
  };
}

function sum(pools: readonly Pool[], countOf: (pool: Pool) => number): number {
  return pools.reduce((total, pool) => total + countOf(pool), 0);
}

function openPool(connectionString: string, config: PoolConfig): Pool {
  const pool = new Pool({ ...config, connectionString });
  // An idle connection that breaks has no caller to fail; the next query finds out by itself.
  pool.on("error", () => undefined);
  // A connection that breaks in use fails its query, and emits an error as well, which without a listener would end the
  // process.
  pool.on("connect", (client) => void client.on("error", () => undefined));
  return pool;
}

/** A server that follows another one takes connections, and no changes. @throws Error when it does: the client is let go */
async function assertWritable(client: PoolClient): Promise<void> {
  try {
    const { rows } = await client.query<{ transaction_read_only: string }>("SHOW transaction_read_only");
    if (rows[0]?.transaction_read_only !== "off") {
      throw new Error("the server can only be read");
    }
  } catch (error) {
    client.release(true);
    throw error;
  }
}
