import {
  type ConnectError,
  type ContextValues,
  createContextKey,
  createContextValues,
} from "@connectrpc/connect";
import { createRefusal } from "../../errors/refusal.ts";
import type { ByteBudget, ByteHolder } from "../../kernel/byte-budget.ts";
import { toConnectError } from "../error-contract.ts";
import { connectionOf } from "../node-request.ts";
import { peerOf } from "../peer.ts";
import type { HandlerRequest } from "../route/without-message.ts";

/** A request whose messages are looked at when they are whole: the bytes of it that wait. */
export interface WaitingRequest {
  /** Read its body. It ends with an error as soon as what has come of it must be given up. */
  read(body: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array>;
  /** Take note of how many bytes wait now. */
  hold(bytes: number): void;
}

/** How long to stay away when too much waits, in milliseconds. */
const RETRY_AFTER_MS = 1000;

/** Create the error of a call whose bytes were given up. */
export function createWaitingError(): ConnectError {
  return toConnectError(
    createRefusal("RATE_LIMITED", "too many bytes wait for the rest of their message", {
      retryAfterMs: RETRY_AFTER_MS,
      facts: { check: "rate", expected: "room for its message", got: "none" },
    }),
  );
}

/** Set when the host of a call counts what waits of it, before the routes get to see a byte. */
const countedKey = createContextKey(false, { description: "countersign counted" });

/** Say that the host counts what waits of a call. It returns the values that it was given. */
export function setCounted(values: ContextValues = createContextValues()): ContextValues {
  return values.set(countedKey, true);
}

/** What the host counts is not counted once more. */
export const UNCOUNTED: WaitingRequest = { read: (body) => body, hold: ignore };

function ignore(): void {}

/** Create what counts the bytes of a request, unless its host does. */
export function createWaitingRequest(
  { signal, contextValues: values = createContextValues() }: HandlerRequest,
  budget: ByteBudget,
): WaitingRequest {
  if (values.get(countedKey)) {
    return UNCOUNTED;
  }
  let isGivenUp = false;
  let interrupt: ((error: ConnectError) => void) | undefined;
  const holder: ByteHolder = {
    // Of a host that does not say, each request counts as a connection of its own.
    connection: connectionOf(values) ?? {},
    get peer() {
      return peerOf(values);
    },
    giveUp() {
      isGivenUp = true;
      interrupt?.(createWaitingError());
    },
  };
  const next = (parts: AsyncIterator<Uint8Array>): Promise<IteratorResult<Uint8Array>> =>
    new Promise((resolve, reject) => {
      if (isGivenUp) {
        reject(createWaitingError());
        return;
      }
      // A way out for each part: a promise for the whole body would keep a reaction for each of them.
      interrupt = reject;
      parts.next().then(resolve, reject);
    });
  // A handler need not read to the end, nor say that it reads no more: what has come is let go of with the answer.
  signal.addEventListener("abort", () => budget.release(holder), { once: true });
  return {
    async *read(body) {
      const parts = body[Symbol.asyncIterator]();
      try {
        for (let part = await next(parts); part.done !== true; part = await next(parts)) {
          yield part.value;
        }
      } finally {
        budget.release(holder);
        // Not waited for: a read that waits for the client may wait for ever.
        parts.return?.().catch(ignore);
      }
    },
    hold(bytes) {
      if (!isGivenUp && !signal.aborted) {
        budget.hold(holder, bytes);
      }
    },
  };
}
