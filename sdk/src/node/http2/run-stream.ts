import { create, type DescMessage, type MessageInitShape, type MessageShape } from "@bufbuild/protobuf";
import type { StreamRequest, StreamResponse } from "@connectrpc/connect";
import { offerTake, takeOf } from "../../core/take.ts";
import { CallLife, type CallLimits } from "./call-life.ts";

/** A stream before its call begins. */
export interface StreamRun<I extends DescMessage, O extends DescMessage> {
  readonly limits: CallLimits;
  readonly req: Omit<StreamRequest<I, O>, "signal" | "message"> & {
    readonly message: AsyncIterable<MessageInitShape<I>>;
  };
  /** Sends the request, by way of all interceptors. */
  readonly send: (req: StreamRequest<I, O>) => Promise<StreamResponse<I, O>>;
}

/**
 * Run a stream: its messages are made whole and are closed with the call, which ends with the answer, the first error, the
 * deadline or the caller's signal.
 *
 * It does what Connect's `runStreamingCall` does, with one promise for a message that waits.
 */
export async function runStream<I extends DescMessage, O extends DescMessage>({
  limits,
  req,
  send,
}: StreamRun<I, O>): Promise<StreamResponse<I, O>> {
  const life = new CallLife(limits);
  const { signal } = life;
  const message = wholeMessages(req.method.input, req.message);
  signal.addEventListener("abort", () => closeMessages(req.message, life));
  const response = await life.run(() => send({ ...req, message, signal }));
  return {
    ...response,
    message: { [Symbol.asyncIterator]: () => readOn(response.message[Symbol.asyncIterator](), life) },
  };
}

/** Let go of messages that will not be sent. What their source makes of it has no reader. */
function closeMessages<T>(messages: AsyncIterable<T>, life: CallLife): void {
  const iterator = messages[Symbol.asyncIterator]();
  if (life.state === "failed") {
    iterator.throw?.(life.signal.reason).catch(ignore);
  }
  iterator.return?.().catch(ignore);
}

function ignore(): void {}

/** Read the answer of a call. Like Connect's iterators, it has no `return`: a loop that is left does not end the call. */
function readOn<T>(messages: AsyncIterator<T>, life: CallLife): AsyncIterator<T> {
  const takeNext = takeOf(messages);
  const take = (): T | undefined => (life.state === "failed" ? undefined : takeNext?.());
  const onResult = (result: IteratorResult<T>): IteratorResult<T> => {
    if (result.done === true) {
      life.finish();
    }
    return result;
  };
  const onError = (reason: unknown): never => {
    throw life.fail(reason);
  };
  const next = (): Promise<IteratorResult<T>> => {
    const value = take();
    if (value !== undefined) {
      return Promise.resolve({ done: false, value });
    }
    return life.state === "failed"
      ? Promise.reject(life.fail(life.signal.reason))
      : messages.next().then(onResult, onError);
  };
  return offerTake({ next }, take);
}

/** Make whole messages of partial ones. */
function wholeMessages<I extends DescMessage>(
  schema: I,
  messages: AsyncIterable<MessageInitShape<I>>,
): AsyncIterable<MessageShape<I>> {
  const toWhole = (result: IteratorResult<MessageInitShape<I>>): IteratorResult<MessageShape<I>> =>
    result.done === true ? result : { done: false, value: create(schema, result.value) };
  return {
    [Symbol.asyncIterator]() {
      const inner = messages[Symbol.asyncIterator]();
      const fail = inner.throw?.bind(inner);
      const leave = inner.return?.bind(inner);
      return {
        next: () => inner.next().then(toWhole),
        ...(fail && { throw: (reason: unknown) => fail(reason).then(toWhole) }),
        ...(leave && { return: (value: unknown) => leave(value).then(toWhole) }),
      };
    },
  };
}
