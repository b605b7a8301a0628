/** How many parts of a body are kept as they came. Each takes some 200 bytes of memory, however few it brings. */
export const MAX_LOOSE_PARTS = 64;

/** Above this many bytes nothing more is waited for: so much at most is read ahead of who holds the body to its limit. */
const ENOUGH_BYTES = 16 * 1024;

/**
 * Put tiny parts of a body together, for who keeps them until its end: a stranger could send it byte by byte.
 *
 * What came waits for what follows, so it is for bodies that mean nothing before they are whole.
 */
export async function* packParts(body: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  let parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of body) {
    parts.push(part);
    size += part.length;
    if (parts.length < MAX_LOOSE_PARTS && size < ENOUGH_BYTES) continue;
    yield join(parts);
    parts = [];
    size = 0;
  }
  if (parts.length > 0) yield join(parts);
}

function join(parts: readonly Uint8Array[]): Uint8Array {
  const [only, ...others] = parts;
  return only !== undefined && others.length === 0 ? only : Buffer.concat(parts);
}
