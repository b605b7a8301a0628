import type { Readable } from "node:stream";
import type { HandlerContext } from "@connectrpc/connect";
import { toAnswer, toRefusal } from "./answers.ts";
import type { Arrivals } from "./arrivals.ts";
import { type BodyListener, BodyReader } from "./body.ts";
import type { UnaryCall } from "./call.ts";
import type { Message } from "./call-handler.ts";
import { createContext } from "./context.ts";
import type { UnaryAnswer } from "./exchange.ts";
import { invoke } from "./invoke.ts";
import { readUnusualBody, type UnusualBody } from "./unusual-body.ts";

/** What serving calls takes. */
export interface UnaryServing {
  /** Decides on the header alone whether a call goes on. */
  readonly requestGate: (context: HandlerContext) => void | Promise<void>;
  readonly arrivals: Arrivals;
  /** Told what went wrong beside the calls. */
  readonly onError: (error: unknown) => void;
}

/** Take a call through the gate, its body, the interceptors and the handler, to its answer. Never throws. */
export function serveCall(call: UnaryCall, serving: UnaryServing): void {
  run(new ServedCall(call, serving), askGate, undefined, receive);
}

/** A call that is under way, and what hears of its body. A class: one is made for every call. */
class ServedCall implements BodyListener {
  readonly call: UnaryCall;
  readonly context: HandlerContext;
  readonly serving: UnaryServing;

  constructor(call: UnaryCall, serving: UnaryServing) {
    this.call = call;
    this.context = createContext(call);
    this.serving = serving;
  }

  onMessage(bytes: Uint8Array): void {
    if (isCutOff(this)) return;
    this.serving.arrivals.delete(this.call.exchange);
    run(this, handle, bytes, accept);
  }

  onUnusualBody(parts: readonly Uint8Array[], rest: Readable | undefined): void {
    if (!isCutOff(this)) run(this, handleUnusual, { parts, rest }, accept);
  }

  /** What has come of it need not be kept until its time is over. */
  onBrokenOff(): void {
    this.serving.arrivals.delete(this.call.exchange);
  }
}

/** Take a step, and go on with what it comes to: at once, unless that is a promise. What it throws ends the call. */
function run<I, O>(
  served: ServedCall,
  step: (served: ServedCall, input: I) => O | Promise<O>,
  input: I,
  proceed: (served: ServedCall, output: O) => void,
): void {
  let output: O | Promise<O>;
  try {
    output = step(served, input);
  } catch (error) {
    refuse(served, error);
    return;
  }
  if (!(output instanceof Promise)) {
    proceed(served, output);
    return;
  }
  output.then(
    (ready) => proceed(served, ready),
    (error: unknown) => refuse(served, error),
  );
}

function askGate({ call, context, serving }: ServedCall): undefined | Promise<void> {
  const verdict = serving.requestGate(context);
  if (verdict === undefined) return undefined;
  serving.arrivals.add(call.exchange);
  // Whatever else a gate returns is waited for: what is in doubt is not let in.
  return Promise.resolve(verdict);
}

/** The gate has said yes: only now the body is read. */
function receive(served: ServedCall): void {
  const { exchange, parts } = served.call;
  const { head, method } = parts;
  served.call.isGated = false;
  if (isCutOff(served)) return;
  served.serving.arrivals.add(exchange);
  const isEnveloped = head.protocol !== "connect";
  const maxBytes = method.readMaxBytes;
  exchange.receive(new BodyReader({ isEnveloped, contentLength: head.contentLength, maxBytes }, served));
}

function handle({ call, context }: ServedCall, bytes: Uint8Array): Message | Promise<Message> {
  const { head, method } = call.parts;
  return invoke(call, context, method.serialization.getI(head.isBinary).parse(bytes));
}

async function handleUnusual({ call, context }: ServedCall, body: UnusualBody): Promise<Message> {
  return invoke(call, context, await readUnusualBody(call.parts, body));
}

function accept(served: ServedCall, output: Message): void {
  run(served, serialize, output, succeed);
}

function serialize({ call }: ServedCall, output: Message): Uint8Array {
  const { head, method } = call.parts;
  return method.serialization.getO(head.isBinary).serialize(output);
}

function succeed(served: ServedCall, message: Uint8Array): void {
  served.call.signal.abort();
  answer(served, toAnswer, message);
}

function refuse(served: ServedCall, reason: unknown): void {
  served.call.signal.abort(reason);
  answer(served, toRefusal, reason);
}

function answer<T>(
  served: ServedCall,
  convert: (call: UnaryCall, result: T) => UnaryAnswer | Promise<UnaryAnswer>,
  result: T,
): void {
  const { exchange } = served.call;
  served.serving.arrivals.delete(exchange);
  if (exchange.isGone) return;
  try {
    const converted = convert(served.call, result);
    if (!(converted instanceof Promise)) {
      exchange.send(converted);
      return;
    }
    converted.then((ready) => exchange.send(ready)).catch((reason: unknown) => fail(served, reason));
  } catch (reason) {
    fail(served, reason);
  }
}

function fail({ call, serving }: ServedCall, reason: unknown): void {
  serving.onError(reason);
  call.exchange.sendFailure();
}

/** Node ends the body of a stream that was reset: what has come of it may not be all, and nobody waits for an answer. */
function isCutOff({ call, serving }: ServedCall): boolean {
  const { exchange } = call;
  if (!exchange.isGone) return false;
  serving.arrivals.delete(exchange);
  call.signal.abort();
  return true;
}
