import type { ByteBudget, ByteHolder } from "./byte-budget.ts";
import { createByteParts } from "./byte-parts.ts";
import type { Clock } from "./clock.ts";

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

/**
 * More parts without a byte than this come by no network. A stream that always has another one is never waited for: the
 * timer that ends the reading could not run.
 */
const MAX_EMPTY_PARTS = 1_000;

/** Read a body to its end, unless it goes beyond a limit: then the rest is not asked for. */
export async function readBody(
  body: ReadableStream<Uint8Array> | null,
  { maxBytes, timeoutMs, clock, budget, peer }: BodyLimits,
): Promise<ReadBody> {
  const reader = body?.getReader();
  if (reader === undefined) {
    return { kind: "whole", bytes: new Uint8Array() };
  }
  const parts = createByteParts();
  let emptyParts = 0;
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
      emptyParts += part.value.length === 0 ? 1 : 0;
      if (parts.size + part.value.length > maxBytes || emptyParts > MAX_EMPTY_PARTS) {
        stop();
        return { kind: "too large" };
      }
      parts.add(part.value);
      budget.hold(holder, parts.size);
    }
  } catch {
    // The only reason for which the body of a request breaks: the client has left, and gets no answer.
    return { kind: fault ?? "broken off" };
  } finally {
    cancel();
    budget.release(holder);
  }
  return fault !== undefined ? { kind: fault } : { kind: "whole", bytes: parts.take() };
}
