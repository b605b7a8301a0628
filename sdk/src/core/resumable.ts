import { type CallOptions, Code, ConnectError } from "@connectrpc/connect";
import { anySignal } from "./any-signal.ts";
import { streamRetryMs } from "./backoff.ts";
import { withCall } from "./call-name.ts";
import { type Clock, systemClock } from "./clock.ts";
import { hasReason, isTokenRefused, readRetryAfterMs } from "./error-info.ts";
import { isSessionError } from "./errors.ts";

/** A method of a Connect client that answers with a stream, such as `client.watchNotes`. */
export type StreamingCall<Request, Message> = (
  request: Request,
  options?: CallOptions,
) => AsyncIterable<Message>;

/** What {@link resumable} needs. */
export interface ResumableOptions<Request, Message> {
  /** The first request. */
  readonly request: Request;
  /** Make the request that goes on behind a message. It is called once for each message, before you get it. */
  readonly resume: (last: Message) => Request;
  /** Options of each call. A `signal` ends the whole; a `timeoutMs` is the limit of one opening. */
  readonly callOptions?: CallOptions | undefined;
  /** Called with each interruption, before the wait. Default: no listener. */
  readonly onInterruption?: ((interruption: Interruption) => void) | undefined;
  /** Default: the machine's clock. */
  readonly clock?: Clock | undefined;
}

/** The trailer of a stream that its server ends because it stops. Another one has the stream. */
const DRAIN_TRAILER = "countersign-drain";

/** A stream that ends sooner behind its opening would do so again at once, also when it brought messages. */
const MIN_LIFE_MS = 1_000;

/** A stream broke off and will be opened again. */
export interface Interruption {
  /** Why. */
  readonly error: ConnectError;
  /** How long until it is opened again, in milliseconds. */
  readonly delayMs: number;
}

/** Ends that have other causes than the request. A refusal, or a mistake in the request, comes back every time. */
const PASSING: ReadonlySet<Code> = new Set([
  Code.Unavailable,
  Code.Unknown,
  Code.Internal,
  Code.Aborted,
  // On Node, a connection that breaks off cancels its streams; a signal of the caller was looked at before.
  Code.Canceled,
  Code.ResourceExhausted,
]);

/**
 * Follow a stream over every interruption: expiry, a restart of the server, a lost network. After each it is
 * opened again where it broke off, at once when the server has said that it stops, so that no message is missed and none
 * comes twice, as long as the server's stream goes on exactly behind the request that you make of the last message.
 *
 *     for await (const event of resumable(notes.watchNotes, {
 *       request: { afterSequence: 0n },
 *       resume: (last) => ({ afterSequence: last.sequence }),
 *     })) { … }
 *
 * Leave the loop, abort the signal or call `return()` to end it. It ends with the account under which it was begun, and
 * never goes on under another one.
 *
 * @throws ConnectError when the server refuses the call for good, or the session has ended
 */
export function resumable<Request, Message>(
  call: StreamingCall<Request, Message>,
  options: ResumableOptions<Request, Message>,
): AsyncIterableIterator<Message> {
  const stop = new AbortController();
  const { signal } = options.callOptions ?? {};
  const ended = signal === undefined ? stop.signal : anySignal([signal, stop.signal]);
  const messages = abortAtEnd(follow(call, options, { ended, left: stop.signal }), stop);
  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    next: () => messages.next(),
    return() {
      // A generator that waits for a message would first wait for it to come.
      stop.abort(new ConnectError("the stream was left", Code.Canceled));
      return messages.return(undefined);
    },
  };
}

/** Abort when a stream is over: the signal of the caller, which may outlive many streams, then keeps no listener of this one. */
async function* abortAtEnd<Message>(
  messages: AsyncGenerator<Message, undefined>,
  stop: AbortController,
): AsyncGenerator<Message, undefined> {
  try {
    return yield* messages;
  } finally {
    stop.abort(new ConnectError("the stream is over", Code.Canceled));
  }
}

/** How a stream comes to its end from outside. */
interface Endings {
  /** Aborts when the reader has left, and for every other end. */
  readonly ended: AbortSignal;
  /** Aborts when the reader has left. */
  readonly left: AbortSignal;
}

/** Follow a stream over all its openings. They are one call: one that follows a change of account is refused. */
async function* follow<Request, Message>(
  call: StreamingCall<Request, Message>,
  { request, resume, callOptions, onInterruption, clock = systemClock }: ResumableOptions<Request, Message>,
  { ended, left }: Endings,
): AsyncGenerator<Message, undefined> {
  const contextValues = withCall(callOptions?.contextValues);
  let next = request;
  for (const failures = countFailures(clock); !left.aborted; failures.reopen()) {
    if (ended.aborted) {
      throw ConnectError.from(ended.reason, Code.Canceled);
    }
    // A client does not end a stream that has lost its reader: its signal does.
    const opening = new AbortController();
    try {
      const signal = anySignal([ended, opening.signal]);
      const messages = call(next, { ...callOptions, contextValues, signal })[Symbol.asyncIterator]();
      for (;;) {
        const result = await nextOrError(messages);
        if ("error" in result) {
          if (ended.aborted) {
            break;
          }
          const isDrained = result.error.metadata.has(DRAIN_TRAILER);
          const delayMs = isDrained && failures.noteDrain() ? 0 : delayAfter(result.error, failures.add());
          onInterruption?.({ error: result.error, delayMs });
          await pause(clock, delayMs, ended);
          break;
        }
        if (result.done === true) {
          return;
        }
        failures.noteMessage();
        next = resume(result.value);
        yield result.value;
      }
    } finally {
      opening.abort();
    }
  }
}

/** Count openings that fail in a row. One that brought a message and lasted ends the row. */
function countFailures(clock: Clock) {
  let failures = 0;
  let openedAtMs = clock.monotonicMs();
  let hasMessage = false;
  let wasDrained = false;
  const hasLasted = (): boolean => clock.monotonicMs() - openedAtMs >= MIN_LIFE_MS;
  const endRow = (): void => {
    if (hasMessage && hasLasted()) {
      failures = 0;
    }
  };
  return {
    reopen(): void {
      openedAtMs = clock.monotonicMs();
      hasMessage = false;
    },
    noteMessage(): void {
      hasMessage = true;
    },
    /** @returns whether this is no failure: a server that stops as soon as it is asked must not be asked in a loop */
    noteDrain(): boolean {
      endRow();
      const isFailure = wasDrained && !hasLasted();
      wasDrained = true;
      return !isFailure;
    },
    /** @returns how many there were before this one */
    add(): number {
      endRow();
      failures += 1;
      return failures - 1;
    },
  };
}

async function nextOrError<T>(
  messages: AsyncIterator<T>,
): Promise<IteratorResult<T> | { readonly error: ConnectError }> {
  try {
    return await messages.next();
  } catch (error) {
    return { error: ConnectError.from(error) };
  }
}

/**
 * Compute how long to wait before the next opening. The first after an expiry is at once: a newer token is at hand.
 *
 * @throws `error` when another opening would end the same way
 */
function delayAfter(error: ConnectError, failures: number): number {
  const isExpired = isTokenRefused(error) && !isSessionOver(error);
  if (!isExpired && !PASSING.has(error.code)) {
    throw error;
  }
  if (isExpired && failures === 0) {
    return 0;
  }
  const jittered = Math.random() * streamRetryMs(failures + 1);
  return Math.max(jittered, readRetryAfterMs(error) ?? 0);
}

function isSessionOver(error: ConnectError): boolean {
  return isSessionError(error) || hasReason(error, ["SESSION_REVOKED"]);
}

/** Wait, but no longer than until the end, or until the browser reports that the network is back. */
function pause(clock: Clock, delayMs: number, ended: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const settle = (): void => {
      cancel();
      ended.removeEventListener("abort", settle);
      globalThis.removeEventListener?.("online", settle);
      resolve();
    };
    const cancel = clock.schedule(settle, delayMs, { keepsProcessAlive: true });
    ended.addEventListener("abort", settle);
    // Only browsers have it.
    globalThis.addEventListener?.("online", settle);
    // The listener of interruptions may have aborted the signal.
    if (ended.aborted) {
      settle();
    }
  });
}
