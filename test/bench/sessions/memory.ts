import { randomBytes } from "node:crypto";
import { statSync } from "node:fs";
import { join } from "node:path";
import { createRevokedSet, type RevokedSet } from "../../../server/gate/src/revoked/revoked-set.ts";
import { openDatabase } from "../../../server/issuer/src/store/database.ts";
import { findSession } from "../../../server/issuer/src/store/sessions.ts";
import { databaseIn } from "../../support/stores.ts";
import { beginSession, startBenchIssuer } from "./issuer.ts";

/** What sessions take. */
export interface SessionMemory {
  /** Of the server's memory, for all of them together. */
  readonly heapMegabytes: number;
  /** Of the disk, for each. */
  readonly diskBytes: number;
}

/** Rows of one statement: below the limit on its parameters. */
const BATCH = 500;
const READ_OF_BATCH = 20;

const createId = (): string => randomBytes(16).toString("base64url");

/** Write so many sessions to SQLite, and read some of them. */
export async function measureSessions(folder: string, count: number): Promise<SessionMemory> {
  const dataDir = join(folder, "memory");
  await using store = await openDatabase({ sqlite: databaseIn(dataDir) });
  const issuer = await startBenchIssuer(store);
  await beginSession(issuer);
  const template = await store.db.selectFrom("sessions").selectAll().executeTakeFirstOrThrow();
  const before = heapBytes();
  for (let at = 0; at < count; at += BATCH) {
    const ids = Array.from({ length: Math.min(BATCH, count - at) }, createId);
    const rows = ids.map((session_id) => ({ ...template, session_id }));
    await store.db.insertInto("sessions").values(rows).execute();
    for (const id of ids.slice(0, READ_OF_BATCH)) {
      await findSession(store, id);
    }
  }
  const heapMegabytes = Math.max(0.01, (heapBytes() - before) / 2 ** 20);
  await store.close();
  return { heapMegabytes, diskBytes: statSync(join(dataDir, "countersign.db")).size / count };
}

/** Held here, so that nothing of it can be collected before it was measured. */
let held: RevokedSet | undefined;

/** Remember so many revoked sessions. @returns the bytes of memory for each */
export function measureRevocations(count: number): number {
  const fill = (entries: number): RevokedSet => {
    const set = createRevokedSet();
    for (let id = 0; id < entries; id += 1) {
      const record = { dimension: "sid", value: createId(), beforeMs: undefined } as const;
      set.add({ ...record, issuer: "https://auth.example.com", expiresAtMs: Date.now() + 900_000 });
    }
    return set;
  };
  fill(500); // what code and shapes take is not the set's
  const before = heapBytes();
  held = fill(count);
  return (heapBytes() - before) / Math.max(held.size, 1);
}

function collectGarbage(): NodeJS.MemoryUsage {
  if (globalThis.gc === undefined) {
    throw new Error("needs node --expose-gc");
  }
  for (let round = 0; round < 3; round += 1) {
    globalThis.gc();
  }
  return process.memoryUsage();
}

function heapBytes(): number {
  const { heapUsed, external } = collectGarbage();
  return heapUsed + external;
}
