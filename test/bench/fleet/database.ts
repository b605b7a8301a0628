import { execFileSync } from "node:child_process";
import { chownSync, existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { Client } from "pg";
import { findIdentity } from "../../support/postgres.ts";
import { prepareTemplate, USER } from "../../support/postgres-template.ts";
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

/** Start Postgres, with a server that follows it for each port but the first one. */
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
    const flags = [...SETTINGS, `port=${port}`, `unix_socket_directories=${folder}`];
    return createMember(processes, {
      name: `Postgres at ${port}`,
      args: [join(bin, "postgres"), "-D", data, ...flags.flatMap((flag) => ["-c", flag])],
      options,
      ready: /ready to accept (?:read-only )?connections/,
    });
  };
  const servers = ports.map(createServer);
  const [first, ...followers] = servers;
  const run = (program: string, args: readonly string[]): void =>
    void execFileSync(program, args, { ...options, stdio: "pipe" });
  const firstData = join(dataFolder, "data-0");
  run("cp", ["-Rp", pristine, firstData]);
  moveLog(run, firstData, folder);
  await first?.start();
  await query(urlOf(ports.slice(0, 1), "postgres"), "CREATE DATABASE fleet");
  for (const [index, follower] of followers.entries()) {
    const target = join(folder, `data-${index + 1}`);
    run(baseBackup(bin), ["-D", target, "-R", "-c", "fast", "-h", folder, "-p", `${ports[0]}`, "-U", USER]);
    await follower.start();
  }
  return {
    servers,
    url: urlOf(ports, "fleet"),
    promote: () => query(urlOf(ports.slice(1, 2), "postgres"), "SELECT pg_promote()"),
  };
}

/** The log of what is written stays in the folder: where it is full, Postgres ends. */
function moveLog(
  run: (program: string, args: readonly string[]) => void,
  data: string,
  folder: string,
): void {
  const log = join(folder, "wal");
  run("mv", [join(data, "pg_wal"), log]);
  run("ln", ["-s", log, join(data, "pg_wal")]);
}

/** Say what a follower needs that is not here; undefined when all is. */
export function findMissingBackup(): string | undefined {
  try {
    baseBackup(prepareTemplate(findIdentity()).bin);
    return undefined;
  } catch (error) {
    return (error as Error).message; // of baseBackup, or of what looks for Postgres
  }
}

function baseBackup(bin: string): string {
  const program = join(bin, "pg_basebackup");
  if (!existsSync(program)) {
    throw new Error(`pg_basebackup beside ${bin}/postgres: set POSTGRES_BIN_DIR to the one of Debian`);
  }
  return program;
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
