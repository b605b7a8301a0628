import type { RevocationRecord } from "../store/revocations.ts";

/** How many bits of a cursor tell a row from another one of the same number. */
const CHECK_BITS = 20;

const CHECK_MASK = (1 << CHECK_BITS) - 1;

/**
 * Make the cursor of a row: its place in the history, and a check of what is in it. A store that has come back as an older
 * copy gives the same numbers again, and a cursor of before must not be taken for a place in what it has now.
 */
export function toCursor({ id, dimension, value, revokedAtMs }: RevocationRecord): bigint {
  return (BigInt(id) << BigInt(CHECK_BITS)) | BigInt(checkOf(`${dimension} ${revokedAtMs} ${value}`));
}

/** Read the number of the row that a cursor is of: whether it is of that row, only {@link toCursor} says. */
export function toRowId(cursor: bigint): number {
  return Number(cursor >> BigInt(CHECK_BITS));
}

/** FNV-1a, for what no one has a reason to forge: a watcher that lies about its cursor misses what it asks to miss. */
function checkOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  }
  return (hash ^ (hash >>> CHECK_BITS)) & CHECK_MASK;
}
