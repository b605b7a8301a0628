import type { Clock } from "@countersign/server";
import type { ByteBudget, ByteHolder } from "@countersign/server/internal";

/** How a body is held to its limits. */
export interface BodyLimits {
  /** How large it may be, in bytes. */
  readonly maxBytes: number;
  /** How long it may take to arrive, in milliseconds. */
  readonly timeoutMs: number;
  /** Measures that. */
  readonly clock: Clock;
  /** Counts what has come of this body and of others that are not whole. */
  readonly budget: ByteBudget;
  /** Where it comes from, in the form that limits count by. */
  readonly peer: string;
}

/** What became of a body. */
export type ReadBody =
  | { readonly kind: "whole"; readonly bytes: Uint8Array }
  /**
   * Larger than it may be, or in too many parts; longer on its way than it may take; given up because too many bytes of others
   * wait with it; or ended by the client before its end.
   */
  | { readonly kind: "too large" | "too late" | "given up" | "broken off" };

/** Most forms fit in. */
const FIRST_BYTES = 4 * 1024;

/**
 * More parts without a byte than this come by no network. A stream that always has another one is never waited for: the
 * timer that ends the reading could not run.
 */
const MAX_EMPTY_PARTS = 1_000;

/**
 * Read a body to its end, unless it goes beyond a limit: then the rest is not asked for.
 *
 * Its parts are put together as they come: each takes far more memory than it brings when it comes byte by byte.
 */
export async function readBody(
  body: ReadableStream<Uint8Array> | null,
  { maxBytes, timeoutMs, clock, budget, peer }: BodyLimits,
): Promise<ReadBody> {
  const reader = body?.getReader();
  if (reader === undefined) {
    return { kind: "whole", bytes: new Uint8Array() };
  }
  const bytes = createBytes(maxBytes);
  // The reader is not waited for: a body may be one that cannot be cancelled. What is read of it is thrown away.
  const stop = (): void => void reader.cancel().catch(() => undefined);
  let fault: "too late" | "given up" | undefined;
  // A read that waits ends with this, as if the body were whole: no race of promises is needed.
  const endWith = (reason: "too late" | "given up"): void => {
    fault ??= reason;
    stop();
  };
  const cancel = clock.schedule(() => endWith("too late"), timeoutMs);
  const holder: ByteHolder = { connection: reader, peer, giveUp: () => endWith("given up") };
  try {
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      if (!bytes.add(part.value)) {
        stop();
        return { kind: "too large" };
      }
      budget.hold(holder, bytes.size);
    }
  } catch {
    // The only reason for which the body of a request breaks: the client has left, and gets no answer.
    return { kind: fault ?? "broken off" };
  } finally {
    cancel();
    budget.release(holder);
  }
  return fault !== undefined ? { kind: fault } : { kind: "whole", bytes: bytes.take() };
}

/** Bytes in one piece of memory, which grows with them. */
function createBytes(maxBytes: number) {
  let memory = new Uint8Array(Math.min(FIRST_BYTES, maxBytes));
  let size = 0;
  let emptyParts = 0;
  return {
    /** How many there are. */
    get size(): number {
      return size;
    },
    /** Copy a part. @returns false when it is too much */
    add(part: Uint8Array): boolean {
      const end = size + part.length;
      emptyParts += part.length === 0 ? 1 : 0;
      if (end > maxBytes || emptyParts > MAX_EMPTY_PARTS) {
        return false;
      }
      if (end > memory.length) {
        const larger = new Uint8Array(Math.min(maxBytes, Math.max(end, memory.length * 2)));
        larger.set(memory.subarray(0, size));
        memory = larger;
      }
      memory.set(part, size);
      size = end;
      return true;
    },
    take: (): Uint8Array => memory.subarray(0, size),
  };
}
