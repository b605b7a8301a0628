import { Code, ConnectError } from "@connectrpc/connect";
import { type ByteHolder, createByteBudget, resolveWaitingLimits } from "@countersign/server/internal";
import type { Compression } from "./connect-protocol.ts";
import { findMaxWaitingBytes, toUnsentLimits } from "./exchange/waiting-bytes.ts";

/**
 * How many answers are compressed at a time: as many as Node has threads for. Each takes some 300 KB beside what it is, from
 * its beginning on, and what waits in Node's own line is not begun later: thousands kept checks of passwords waiting, too.
 */
const MAX_COMPRESSING = 4;

/** An answer that waits for its turn. */
interface Waiting extends ByteHolder {
  begin(): void;
}

/**
 * Have some ways to compress take turns, in the order in which they are asked: a few of all of them at a time.
 *
 * @param maxWaitingBytes how many bytes may wait for their turn, also for clients that have left: of more, the oldest are
 *   refused. Default: an eighth of the heap, or two messages of the largest size where that is more
 */
export function limitCompressing(
  compressions: readonly Compression[],
  maxWaitingBytes: number = toUnsentLimits(resolveWaitingLimits({}, findMaxWaitingBytes())).maxBytes,
): readonly Compression[] {
  const queue = createQueue(maxWaitingBytes);
  return compressions.map((compression) => ({
    ...compression,
    async compress(bytes) {
      const turn = queue.enter(bytes.length);
      if (turn !== undefined) {
        await turn;
      }
      try {
        return await compression.compress(bytes);
      } finally {
        queue.leave();
      }
    },
  }));
}

function createQueue(maxBytes: number) {
  const waiting = new Set<Waiting>();
  const budget = createByteBudget({ maxBytes, maxBytesPerConnection: maxBytes });
  // Whose answers they are is not known here: they count as those of one client.
  const source = { connection: {}, peer: "" };
  let running = 0;

  const wait = (bytes: number): Promise<void> =>
    new Promise((begin, refuse) => {
      const own: Waiting = {
        ...source,
        begin,
        giveUp() {
          waiting.delete(own);
          refuse(new ConnectError("too many answers wait to be compressed", Code.ResourceExhausted));
        },
      };
      waiting.add(own);
      budget.hold(own, bytes);
    });
  return {
    /** @returns undefined when it has its turn; it is rejected with ResourceExhausted when too many bytes wait */
    enter(bytes: number): Promise<void> | undefined {
      if (running === MAX_COMPRESSING) {
        return wait(bytes);
      }
      running += 1;
      return undefined;
    },
    /** The place is handed on, so that newer work does not take it first. */
    leave(): void {
      const [next] = waiting;
      if (next === undefined) {
        running -= 1;
        return;
      }
      waiting.delete(next);
      budget.release(next);
      next.begin();
    },
  };
}
