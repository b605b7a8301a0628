import { randomBytes, randomUUID } from "node:crypto";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { Pool } from "pg";
import type { Store } from "../../../server/issuer/src/store/database.ts";
import { beginSession, startBenchIssuer } from "./issuer.ts";
import type { Lane } from "./turns.ts";

/** As many clients refresh at the same time. */
const LANES = 32;

/** As many connections as a server has. */
const CONNECTIONS = 10;

const createHash = (): string => randomBytes(32).toString("base64url");

/** Refreshes of sessions, one a lane, as the issuer does them, without HTTP. */
export async function refreshLanes(store: Store): Promise<readonly Lane[]> {
  const issuer = await startBenchIssuer(store);
  const first = await Promise.all(Array.from({ length: LANES }, () => beginSession(issuer)));
  return first.map((token) => {
    let refreshToken = token;
    return async () => {
      ({ refreshToken } = await issuer.sessions.refresh({ refreshToken, refreshId: randomUUID() }));
    };
  });
}

/** The compare-and-set that a refresh cannot do without, by node:sqlite itself and as durable. */
export function rawSqliteLanes(folder: string): readonly Lane[] {
  const database = new DatabaseSync(join(folder, "raw.db"));
  database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;");
  database.exec("CREATE TABLE sessions (id TEXT PRIMARY KEY, generation INTEGER, hash TEXT)");
  const insert = database.prepare("INSERT INTO sessions VALUES (?, 0, '')");
  const compareAndSet = database.prepare(
    "UPDATE sessions SET generation = generation + 1, hash = ? WHERE id = ? AND generation = ? AND hash = ?",
  );
  return Array.from({ length: LANES }, (_, lane) => {
    let [generation, hash] = [0, ""];
    insert.run(String(lane));
    return () => {
      const next = createHash();
      const { changes } = compareAndSet.run(next, String(lane), generation, hash);
      if (changes !== 1) {
        throw new Error("the row was not as it was left");
      }
      [generation, hash] = [generation + 1, next];
    };
  });
}

/** The same by pg itself. */
export async function rawPostgresLanes(url: string): Promise<readonly Lane[]> {
  const pool = new Pool({ connectionString: url, max: CONNECTIONS });
  await pool.query("CREATE TABLE raw_sessions (id TEXT PRIMARY KEY, generation INTEGER, hash TEXT)");
  const lanes: Lane[] = [];
  for (let lane = 0; lane < LANES; lane += 1) {
    await pool.query("INSERT INTO raw_sessions VALUES ($1, 0, '')", [String(lane)]);
    let [generation, hash] = [0, ""];
    lanes.push(async () => {
      const next = createHash();
      const { rowCount } = await pool.query(
        "UPDATE raw_sessions SET generation = generation + 1, hash = $1 WHERE id = $2 AND generation = $3 AND hash = $4",
        [next, String(lane), generation, hash],
      );
      if (rowCount !== 1) {
        throw new Error("the row was not as it was left");
      }
      [generation, hash] = [generation + 1, next];
    });
  }
  return lanes;
}
