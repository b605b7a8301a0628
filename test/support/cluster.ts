import { randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { startPostgres, type TestPostgres } from "./postgres.ts";
import { type ServerProcess, startServer } from "./server-process.ts";
import { createTemporaryFolder, databaseParent } from "./temporary-folder.ts";

/** Several servers in processes of their own, on one Postgres. */
export interface Cluster extends AsyncDisposable {
  readonly postgres: TestPostgres;
  /** What every server of it is told. */
  readonly env: Readonly<Record<string, string>>;
  readonly databaseUrl: string;
  readonly servers: readonly ServerProcess[];
  /** The server of a number; beyond the last one it begins again. */
  at(index: number): ServerProcess;
  /** Kill a server at once, and start another in its place. */
  replace(index: number): Promise<void>;
}

/**
 * Start a cluster of demo servers.
 *
 * @param envs what each server is told beside what all are told: one entry for each
 */
export async function startCluster(
  envs: readonly Readonly<Record<string, string>>[],
  shared: Readonly<Record<string, string>> = {},
): Promise<Cluster> {
  await using stack = new AsyncDisposableStack();
  const postgres = stack.use(await startPostgres());
  const folder = stack.use(await createTemporaryFolder(databaseParent())).path;
  const secretFile = join(folder, "secret");
  await writeFile(secretFile, `${randomBytes(32).toString("base64url")}\n`, { mode: 0o600 });
  const databaseUrl = await postgres.createDatabase();
  const env = {
    COUNTERSIGN_DATABASE_URL: databaseUrl,
    COUNTERSIGN_SECRET_FILE: secretFile,
    // The issuer is the same at every port.
    COUNTERSIGN_ISSUER: "https://issuer.test",
    // All tests come from one address.
    COUNTERSIGN_SIGN_INS_PER_MINUTE: "0",
    ...shared,
  };
  const launch = (own: Readonly<Record<string, string>>): Promise<ServerProcess> =>
    startServer({ dataDir: folder, env: { ...env, ...own } });
  const start = async (own: Readonly<Record<string, string>>): Promise<ServerProcess> =>
    stack.use(await launch(own));
  const [first = {}, ...others] = envs;
  // The first one makes the tables, the keys and the accounts.
  const servers = [await start(first), ...(await Promise.all(others.map(start)))];
  const kept = stack.move();
  const at = (index: number): ServerProcess => {
    const server = servers[index % servers.length];
    if (server === undefined) {
      throw new Error("the cluster has no servers");
    }
    return server;
  };
  return {
    ...{ postgres, env, databaseUrl, servers, at },
    async replace(index) {
      await at(index).program.end("SIGKILL");
      servers[index % servers.length] = kept.use(await launch(envs[index % envs.length] ?? {}));
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}
