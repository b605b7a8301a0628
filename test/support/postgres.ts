import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { chownSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "pg";
import { type Identity, prepareTemplate, USER } from "./postgres-template.ts";
import { databaseParent } from "./temporary-folder.ts";

/** A real Postgres server, for tests. */
export interface TestPostgres extends AsyncDisposable {
  /** The folder of its socket, which URLs name as their host. */
  readonly folder: string;
  /** Make a database and return its URL. @param template the URL of one that nobody uses, to be copied. Default: empty */
  createDatabase(template?: string): Promise<string>;
  /** Cut every connection, as a network fault would. */
  cutConnections(): Promise<void>;
  /** Stop the server at once (`crash`) or after its transactions. Its data stays. */
  stop(how: "crash" | "clean"): Promise<void>;
  /** Start it again on the same data and address. */
  start(): Promise<void>;
}

/** How to start a Postgres server. */
export interface PostgresOptions {
  /** Whether a commit waits for the disk, as it does by default everywhere but in tests. */
  readonly isDurable?: boolean;
  /** A server that is stopped: this one has its data, and follows it. Default: a fresh cluster. */
  readonly primary?: TestPostgres;
}

/**
 * Start a Postgres server with a cluster of its own, reached by a socket in a new folder: no port is taken.
 *
 * @throws Error when the machine has no Postgres binaries; the message says where they were looked for
 */
export async function startPostgres({
  isDurable = false,
  primary,
}: PostgresOptions = {}): Promise<TestPostgres> {
  const root = mkdtempSync(join(isDurable ? tmpdir() : databaseParent(), "countersign-pg-"));
  const identity = findIdentity();
  if (identity.uid !== undefined && identity.gid !== undefined) {
    chownSync(root, identity.uid, identity.gid);
  }
  const { bin, data: pristine } = prepareTemplate(identity);
  const data = join(root, "data");
  const from = primary === undefined ? pristine : join(primary.folder, "data");
  execFileSync("cp", ["-Rp", from, data], { ...identity, cwd: root, stdio: "pipe" });
  if (primary !== undefined) {
    writeFileSync(join(data, "standby.signal"), "");
    const followed = `primary_conninfo = 'host=${primary.folder} user=${USER}'\n`;
    writeFileSync(join(data, "postgresql.auto.conf"), followed);
  }
  const settings = ["listen_addresses=", `unix_socket_directories=${root}`, "max_connections=60"];
  // Safe for tests that kill the server, if not for a power cut: what is committed is in the kernel's hands.
  const speed = isDurable ? [] : ["fsync=off", "full_page_writes=off"];
  const flags = [...settings, ...speed].flatMap((setting) => ["-c", setting]);
  const launch = (): Promise<ChildProcess> =>
    launchServer(join(bin, "postgres"), ["-D", data, ...flags], {
      ...identity,
      cwd: root,
    });
  return controlServer(root, launch, await launch());
}

function controlServer(root: string, launch: () => Promise<ChildProcess>, first: ChildProcess): TestPostgres {
  let child = first;
  let databases = 0;
  const urlOf = (database: string): string => `postgres://${USER}@localhost/${database}?host=${root}`;
  const run = async (statement: string): Promise<void> => {
    const client = new Client({ connectionString: urlOf("postgres") });
    await client.connect();
    try {
      await client.query(statement);
    } finally {
      await client.end();
    }
  };
  const stop = (how: "crash" | "clean"): Promise<void> => stopServer(child, how);
  return {
    folder: root,
    async createDatabase(template) {
      databases += 1;
      const like = template === undefined ? "" : ` TEMPLATE ${new URL(template).pathname.slice(1)}`;
      await run(`CREATE DATABASE test_${databases}${like}`);
      return urlOf(`test_${databases}`);
    },
    cutConnections: () =>
      run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"),
    stop,
    async start() {
      child = await launch();
    },
    async [Symbol.asyncDispose]() {
      await stop("crash");
      rmSync(root, { recursive: true, force: true });
    },
  };
}

/** Postgres refuses to run as root: use its own user then, or anyone who is nobody. */
export function findIdentity(): Identity {
  if (process.getuid?.() !== 0) {
    return {};
  }
  const idOf = (flag: string, user: string): number =>
    Number(execFileSync("id", [flag, user], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }));
  for (const user of ["postgres", "nobody"]) {
    try {
      return { uid: idOf("-u", user), gid: idOf("-g", user) };
    } catch {
      // No such user: try the next one.
    }
  }
  throw new Error("tests that run as root need a user postgres or nobody to run Postgres as");
}

async function launchServer(
  file: string,
  flags: readonly string[],
  options: Identity & { readonly cwd: string },
): Promise<ChildProcess> {
  const child = spawn(file, flags, { ...options, stdio: ["ignore", "ignore", "pipe"] });
  const killChild = (): void => void child.kill("SIGKILL");
  process.once("exit", killChild);
  child.once("exit", () => process.off("exit", killChild));
  await new Promise<void>((resolve, reject) => {
    let log = "";
    child.stderr.on("data", (chunk: Buffer) => {
      log = (log + chunk.toString()).slice(-4_096);
      if (/ready to accept (?:read-only )?connections/.test(log)) {
        resolve();
      }
    });
    child.once("error", reject);
    child.once("exit", () => reject(new Error(`Postgres did not start: ${log}`)));
  });
  return child;
}

function stopServer(child: ChildProcess, how: "crash" | "clean"): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) {
    return Promise.resolve();
  }
  return new Promise((resolve) => {
    child.once("exit", () => resolve());
    // SIGQUIT is Postgres' own crash: its processes go without a checkpoint, but none is left behind.
    child.kill(how === "crash" ? "SIGQUIT" : "SIGINT");
  });
}
