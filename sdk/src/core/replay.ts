import { type Message, toBinary } from "@bufbuild/protobuf";
import type { StreamRequest } from "@connectrpc/connect";
import type { Replay } from "./stream-call.ts";
/** What {@link createReplay} needs. */
export interface ReplayOptions<T> {
  readonly source: AsyncIterable<T>;
  /** How large a message is, in bytes. */
  readonly sizeOf: (message: T) => number;
}

const MAX_MESSAGES = 16;
const MAX_BYTES = 64 * 1024;

/**
 * Keep the first messages of a stream, 16 and 64 KiB at the most, so that it can be opened again.
 *
 * The source is read once whatever happens; a message that an abandoned opening was waiting for goes to the
 * next one.
 */
export function createReplay<T>({ source, sizeOf }: ReplayOptions<T>): Replay<T> {
  const iterator = source[Symbol.asyncIterator]();
  const kept: IteratorResult<T>[] = [];
  /** How many of the kept messages the present opening has had. */
  let position = 0;
  let bytes = 0;
  let isKeeping = true;
  let pulling: Promise<void> | undefined;
  let opening = 0;

  function release(): void {
    isKeeping = false;
    kept.splice(0, position);
    position = 0;
  }

  async function pull(): Promise<void> {
    try {
      const result = await iterator.next();
      kept.push(result);
      if (!isKeeping || result.done) {
        return;
      }
      bytes += sizeOf(result.value);
      if (kept.length > MAX_MESSAGES || bytes > MAX_BYTES) {
        release();
      }
    } finally {
      pulling = undefined;
    }
  }

  async function next(ofOpening: number): Promise<IteratorResult<T>> {
    for (;;) {
      // An abandoned opening gets no more: what it waited for belongs to the one that took its place.
      if (ofOpening !== opening) {
        return { done: true, value: undefined };
      }
      const result = kept[position];
      if (result !== undefined) {
        // The end stays: it may be asked for again.
        if (!result.done) {
          position += 1;
        }
        if (!isKeeping) {
          release();
        }
        return result;
      }
      pulling ??= pull();
      await pulling;
    }
  }

  return {
    messages() {
      opening += 1;
      position = 0;
      const mine = opening;
      const reader: AsyncIterator<T> = {
        next: () => next(mine),
        // The source is not closed here: another opening may go on with it. The transport closes it with the call.
        return: async () => ({ done: true, value: undefined }),
        // Transports on Node call this and need it to be there.
        throw: (reason) => Promise.reject(reason),
      };
      return { [Symbol.asyncIterator]: () => reader };
    },
    isComplete: () => isKeeping,
    release,
    close(reason) {
      // As Connect does. The call is over, so an error of the source has no reader.
      const closings = [async () => iterator.throw?.(reason), async () => iterator.return?.()];
      void Promise.allSettled(closings.map((close) => close()));
    },
  };
}

/** Keep the first messages of any stream. */
export function replayStream({ message, method }: StreamRequest): Replay<Message> {
  return createReplay({
    source: message,
    sizeOf: (each) => toBinary(method.input, each).byteLength,
  });
}
