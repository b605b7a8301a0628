/** Smaller parts are copied: each takes some 200 bytes of memory, however few it brings. */
const SMALL_BYTES = 1024;
/** How many times its own size the memory may have that a part is cut out of, to be kept as it came. */
const MAX_SHARED = 4;
const MAX_BLOCK_BYTES = 16 * 1024;

/** The bytes of a body that wait for the rest. */
export interface ByteParts {
  /** How many there are. */
  readonly size: number;
  /** Add a part behind the others. */
  add(part: Uint8Array): void;
  /** Take all of them, in memory of their own. @param skip how many of the first are left out. Default: 0 */
  take(skip?: number): Uint8Array<ArrayBuffer>;
}

/**
 * Create what holds the parts of a body until it is whole. It takes no more than a few times the memory of the bytes
 * themselves, also when they come one by one, and copies each of them twice at the most.
 */
export function createByteParts(): ByteParts {
  let parts: Uint8Array[] = [];
  let size = 0;
  /** Small parts are copied into it, behind one another. */
  let block = new Uint8Array();
  /** Where in the block those begin that are not among the parts yet, and where the next one comes. */
  let start = 0;
  let end = 0;

  const closeRun = (): void => {
    if (end > start) {
      parts.push(block.subarray(start, end));
      start = end;
    }
  };
  const copy = (part: Uint8Array): void => {
    for (let at = 0; at < part.length; ) {
      if (end === block.length) {
        closeRun();
        block = new Uint8Array(Math.min(Math.max(size, SMALL_BYTES), MAX_BLOCK_BYTES));
        start = 0;
        end = 0;
      }
      const piece = part.subarray(at, at + block.length - end);
      block.set(piece, end);
      end += piece.length;
      at += piece.length;
    }
  };
  return {
    get size(): number {
      return size;
    },
    add(part) {
      size += part.length;
      if (part.length < SMALL_BYTES || part.buffer.byteLength > MAX_SHARED * part.length) {
        copy(part);
        return;
      }
      closeRun();
      parts.push(part);
    },
    take(skip = 0) {
      closeRun();
      const all = joinParts(parts, size, skip);
      parts = [];
      size = 0;
      block = new Uint8Array();
      start = 0;
      end = 0;
      return all;
    },
  };
}

/**
 * Put parts together.
 *
 * @param size how many bytes there are in all
 * @param skip how many of the first are left out. Default: 0
 */
export function joinParts(parts: readonly Uint8Array[], size: number, skip = 0): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(size - skip);
  let at = -skip;
  for (const part of parts) {
    if (at >= 0) {
      joined.set(part, at);
    } else if (part.length > -at) {
      joined.set(part.subarray(-at), 0);
    }
    at += part.length;
  }
  return joined;
}
