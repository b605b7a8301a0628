import { randomBytes } from "node:crypto";
import { statSync } from "node:fs";
import { join } from "node:path";
import { createRevokedSet, type RevokedSet } from "../../../server/src/revoke/revoked-set.ts";
import { openDatabase } from "../../../server/src/store/database.ts";
import { findSession, insertSession } from "../../../server/src/store/sessions.ts";
import { beginSession, startBenchIssuer } from "./issuer.ts";

/** What sessions take. */
export interface SessionMemory {
  /** Of the server's memory, for all of them together. */
  readonly residentMegabytes: number;
  /** Of the disk, for each. */
  readonly diskBytes: number;
}

const createId = (): string => randomBytes(16).toString("base64url");

/** Write so many sessions to SQLite, and read each of them once. */
export async function measureSessions(folder: string, count: number): Promise<SessionMemory> {
  const dataDir = join(folder, "memory");
  await using store = await openDatabase({ dataDir });
  const issuer = await startBenchIssuer(store);
  await beginSession(issuer);
  const [template] = await issuer.sessions.list({ subject: issuer.account.subject, limit: 1 });
  if (template === undefined) throw new Error("there is no session");
  const before = residentBytes();
  for (let at = 0; at < count; at += 1_000) {
    const ids = Array.from({ length: Math.min(1_000, count - at) }, createId);
    await Promise.all(ids.map((sessionId) => insertSession(store, { ...template, sessionId })));
    await Promise.all(ids.map((sessionId) => findSession(store, sessionId)));
  }
  const residentMegabytes = Math.max(0.01, (residentBytes() - before) / 2 ** 20);
  await store.close();
  return { residentMegabytes, diskBytes: statSync(join(dataDir, "countersign.db")).size / count };
}

/** Held here, so that nothing of it can be collected before it was measured. */
let held: RevokedSet | undefined;

/** Remember so many revoked sessions. @returns the bytes of memory for each */
export function measureRevocations(count: number): number {
  const fill = (entries: number): RevokedSet => {
    const set = createRevokedSet();
    for (let id = 0; id < entries; id += 1) {
      const record = { id, dimension: "sid", value: createId(), beforeMs: undefined } as const;
      set.add({ ...record, revokedAtMs: Date.now(), reason: "signed_out" }, Date.now() + 900_000);
    }
    return set;
  };
  fill(500); // what code and shapes take is not the set's
  const before = heapBytes();
  held = fill(count);
  return (heapBytes() - before) / Math.max(held.size, 1);
}

function collectGarbage(): NodeJS.MemoryUsage {
  if (globalThis.gc === undefined) throw new Error("needs node --expose-gc");
  for (let round = 0; round < 3; round += 1) globalThis.gc();
  return process.memoryUsage();
}

function residentBytes(): number {
  return collectGarbage().rss;
}

function heapBytes(): number {
  return collectGarbage().heapUsed;
}
