import { createHash } from "node:crypto";
import type { PostgresConnection } from "./postgres-connection.ts";

// A connection that listens on a channel holds an advisory lock for it, which ends with the connection: so others see who is
// there. Locks of two numbers are apart from those of one, such as ADVISORY_LOCKS.

/** Hold the lock of a channel, for as long as the connection lasts. A stranger who has it locked keeps no listener waiting. */
export async function holdChannelLock(connection: PostgresConnection, channel: string): Promise<void> {
  const key = digest(channel);
  await connection.query("SELECT pg_try_advisory_lock_shared($1, $2)", [
    key.readInt32BE(0),
    key.readInt32BE(4),
  ]);
}

/** Let go of the lock of a channel. */
export async function releaseChannelLock(connection: PostgresConnection, channel: string): Promise<void> {
  const key = digest(channel);
  await connection.query("SELECT pg_advisory_unlock_shared($1, $2)", [
    key.readInt32BE(0),
    key.readInt32BE(4),
  ]);
}

/**
 * Count the connections that hold the lock of a channel.
 *
 * @returns Infinity when a stranger has it locked for itself: then no listener could lock it, and any number may listen
 */
export async function countChannelLocks(connection: PostgresConnection, channel: string): Promise<number> {
  const key = digest(channel);
  const rows = await connection.query(
    `SELECT mode FROM pg_locks
      WHERE locktype = 'advisory' AND objsubid = 2 AND classid = $1::oid AND objid = $2::oid AND granted
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
    [String(key.readUInt32BE(0)), String(key.readUInt32BE(4))],
  );
  const isShared = rows.every((row) => "mode" in row && row.mode === "ShareLock");
  return isShared ? rows.length : Number.POSITIVE_INFINITY;
}

function digest(channel: string): Buffer {
  return createHash("sha256").update(channel).digest();
}
