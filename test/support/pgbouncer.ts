import { spawn } from "node:child_process";
import { chownSync, existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { eventually } from "./eventually.ts";
import { installDebian } from "./install-debian.ts";
import { findIdentity } from "./postgres.ts";

const PROGRAM = "/usr/sbin/pgbouncer";

/** A pooler in front of a database. */
export interface TestPooler extends AsyncDisposable {
  /** The URL of the database through it. */
  readonly url: string;
}

/** Install the PgBouncer of Debian where there is none and the tests run as root. @returns whether there is one */
export function installPgBouncer(): boolean {
  return installDebian(() => existsSync(PROGRAM), ["pgbouncer"]);
}

/** Start a PgBouncer that hands out connections by transaction. @param url that of a test's Postgres */
export async function startPgBouncer(url: string, settings: readonly string[] = []): Promise<TestPooler> {
  const { username, pathname, searchParams } = new URL(url);
  const folder = mkdtempSync(join(tmpdir(), "countersign-pgb-"));
  const identity = findIdentity();
  const users = join(folder, "users.txt");
  const config = join(folder, "pgbouncer.ini");
  writeFileSync(users, `"${username}" ""\n`);
  writeFileSync(
    config,
    [
      "[databases]",
      `* = host=${searchParams.get("host")}`,
      "[pgbouncer]",
      ...["listen_addr =", `unix_socket_dir = ${folder}`, "pool_mode = transaction"],
      ...["auth_type = trust", `auth_file = ${users}`, ...settings],
    ].join("\n"),
  );
  if (identity.uid !== undefined && identity.gid !== undefined) {
    chownSync(folder, identity.uid, identity.gid);
  }
  const child = spawn(PROGRAM, [config], { ...identity, cwd: folder, stdio: "ignore" });
  const killChild = (): void => void child.kill("SIGKILL");
  process.once("exit", killChild);
  await eventually(() => existsSync(join(folder, ".s.PGSQL.6432")) || undefined);
  return {
    url: `postgres://${username}@localhost:6432${pathname}?host=${folder}`,
    async [Symbol.asyncDispose]() {
      process.off("exit", killChild);
      const { promise, resolve } = Promise.withResolvers<void>();
      child.once("exit", () => resolve());
      child.kill("SIGKILL");
      await promise;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
