import { execFileSync } from "node:child_process";
import { chownSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Client } from "pg";
import { findIdentity } from "../../support/postgres.ts";
import { type Identity, prepareTemplate, USER } from "../../support/postgres-template.ts";
import { createMember, type Member } from "./member.ts";
import type { Processes } from "./processes.ts";

/** Postgres, as a fleet has it. */
export interface FleetDatabase {
  /** The one that is written, and the one that follows it, where there is one. */
  readonly servers: readonly Member[];
  /** The URL of the database, with all servers. */
  readonly url: string;
  /** Make the second server the one that is written. */
  promote(): Promise<void>;
}

/** Where the database is. */
export interface DatabasePlace {
  readonly ports: readonly number[];
  /** An empty folder. */
  readonly folder: string;
  /** Where its tables are. Default: in the folder. */
  readonly dataFolder?: string | undefined;
}

/** What is asked of all servers: it survives each kill of a process, if not a power cut. */
const SETTINGS = ["listen_addresses=127.0.0.1", "max_connections=100", "fsync=off", "wal_level=replica"];

/** Start Postgres, and with two ports a streaming replica: a copy that was made while it was stopped, and follows it. */
export async function startDatabase(
  processes: Processes,
  { ports, folder, dataFolder = folder }: DatabasePlace,
): Promise<FleetDatabase> {
  const identity = findIdentity();
  const { bin, data: pristine } = prepareTemplate(identity);
  const give = (path: string): void => {
    mkdirSync(path, { recursive: true });
    chownSync(path, identity.uid ?? process.getuid?.() ?? 0, identity.gid ?? process.getgid?.() ?? 0);
  };
  give(folder);
  give(dataFolder);
  const options = { ...identity, cwd: folder };
  const createServer = (port: number, index: number): Member => {
    const data = join(index === 0 ? dataFolder : folder, `data-${index}`);
    const primary = `primary_conninfo=host=127.0.0.1 port=${ports[0]} user=${USER}`;
    const flags = [...SETTINGS, `port=${port}`, `unix_socket_directories=${folder}`, primary];
    return createMember(processes, {
      name: `Postgres at ${port}`,
      args: [join(bin, "postgres"), "-D", data, ...flags.flatMap((flag) => ["-c", flag])],
      options,
      ready: /ready to accept (?:read-only )?connections/,
    });
  };
  const servers = ports.map(createServer);
  const copy = (from: string, to: string): void =>
    void execFileSync("cp", ["-Rp", from, to], { ...options, stdio: "pipe" });
  const firstData = join(dataFolder, "data-0");
  copy(pristine, firstData);
  await servers[0]?.start();
  await query(urlOf(ports.slice(0, 1), "postgres"), "CREATE DATABASE fleet");
  await servers[0]?.end("SIGINT");
  if (ports.length > 1) {
    const data = join(folder, "data-1");
    copy(firstData, data);
    writeFileSync(join(data, "standby.signal"), "");
  }
  moveLog(firstData, join(folder, "wal"), options);
  for (const server of servers) {
    await server.start();
  }
  return {
    servers,
    url: urlOf(ports, "fleet"),
    promote: () => query(urlOf(ports.slice(1, 2), "postgres"), "SELECT pg_promote()"),
  };
}

/** Keep the log of what is written apart from the tables: on a full disk, Postgres would end for want of it. */
function moveLog(data: string, log: string, options: Identity): void {
  execFileSync("mv", [join(data, "pg_wal"), log], { ...options, stdio: "pipe" });
  execFileSync("ln", ["-s", log, join(data, "pg_wal")], { ...options, stdio: "pipe" });
}

function urlOf(ports: readonly number[], database: string): string {
  return `postgres://${USER}@${ports.map((port) => `127.0.0.1:${port}`).join(",")}/${database}`;
}

/** Run a statement. */
async function query(connectionString: string, statement: string): Promise<void> {
  const client = new Client({ connectionString });
  client.on("error", () => undefined);
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
