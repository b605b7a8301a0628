import type { DescMessage, MessageShape } from "@bufbuild/protobuf";
import type { HandlerContext } from "@connectrpc/connect";
import { type Outcome, toAnswer, toCallError } from "./answers.ts";
import type { Arrivals } from "./arrivals.ts";
import { receiveBody } from "./body.ts";
import type { UnaryCall } from "./call.ts";
import { createContext } from "./context.ts";
import type { UnaryAnswer } from "./exchange.ts";
import { invoke } from "./invoke.ts";
import { readUnusualBody } from "./unusual-body.ts";

type Message = MessageShape<DescMessage>;

/** What serving calls takes. */
export interface UnaryServing {
  /** Decides on the header alone whether a call goes on. */
  readonly requestGate: (context: HandlerContext) => void | Promise<void>;
  readonly arrivals: Arrivals;
  readonly readMaxBytes: number;
  /** Told what went wrong beside the calls. */
  readonly onError: (error: unknown) => void;
}

/** Serve a call: the gate, its body, the interceptors and the handler, and the answer. Never throws. */
export function serveCall(call: UnaryCall, serving: UnaryServing): void {
  const context = createContext(call);
  const { exchange } = call.parts;
  let verdict: void | Promise<void>;
  try {
    verdict = serving.requestGate(context);
  } catch (error) {
    refuse(call, error, serving);
    return;
  }
  const admit = (): void => {
    call.isGated = false;
    if (!isCutOff(call)) receive(call, context, serving);
  };
  if (verdict === undefined) {
    admit();
    return;
  }
  serving.arrivals.add(exchange);
  // Whatever else a gate returns is waited for: what is in doubt is not let in.
  Promise.resolve(verdict).then(admit, (error: unknown) => refuse(call, error, serving));
}

function receive(call: UnaryCall, context: HandlerContext, serving: UnaryServing): void {
  const { head, method, exchange } = call.parts;
  const { isBinary, protocol, contentLength } = head;
  const serialization = method.serialization.getI(isBinary);
  const maxBytes = serving.readMaxBytes;
  serving.arrivals.add(exchange);
  const shape = { isEnveloped: protocol !== "connect", contentLength, maxBytes };
  receiveBody(exchange.body, shape, {
    onMessage(bytes) {
      serving.arrivals.delete(exchange);
      if (isCutOff(call)) return;
      let input: Message;
      try {
        input = serialization.parse(bytes);
      } catch (error) {
        refuse(call, error, serving);
        return;
      }
      run(call, { context, input }, serving);
    },
    onUnusual(parts, rest) {
      if (isCutOff(call)) {
        serving.arrivals.delete(exchange);
        return;
      }
      readUnusualBody({ protocol, contentLength, maxBytes, serialization, parts, rest }).then(
        (input) => run(call, { context, input }, serving),
        (error: unknown) => refuse(call, error, serving),
      );
    },
  });
}

/** Node ends the body of a stream that was reset: what has come of it may not be all, and nobody waits for an answer. */
function isCutOff({ parts, signal }: UnaryCall): boolean {
  if (!parts.exchange.isGone()) return false;
  signal.abort();
  return true;
}

function run(
  call: UnaryCall,
  { context, input }: { readonly context: HandlerContext; readonly input: Message },
  serving: UnaryServing,
): void {
  try {
    const output = invoke(call, context, input);
    if (output instanceof Promise) {
      output.then(
        (message) => accept(call, message, serving),
        (error: unknown) => refuse(call, error, serving),
      );
      return;
    }
    accept(call, output, serving);
  } catch (error) {
    refuse(call, error, serving);
  }
}

function accept(call: UnaryCall, output: Message, serving: UnaryServing): void {
  const { method, head } = call.parts;
  let outcome: Outcome;
  try {
    outcome = { kind: "message", bytes: method.serialization.getO(head.isBinary).serialize(output) };
  } catch (error) {
    refuse(call, error, serving);
    return;
  }
  call.signal.abort();
  answer(call, outcome, serving);
}

function refuse(call: UnaryCall, reason: unknown, serving: UnaryServing): void {
  call.signal.abort(reason);
  answer(call, { kind: "error", error: toCallError(reason) }, serving);
}

function answer(call: UnaryCall, outcome: Outcome, serving: UnaryServing): void {
  const { exchange } = call.parts;
  serving.arrivals.delete(exchange);
  if (exchange.isGone()) return;
  const fail = (reason: unknown): void => {
    serving.onError(reason);
    exchange.sendFailure();
  };
  const send = (ready: UnaryAnswer): void => {
    try {
      exchange.send(ready);
    } catch (reason) {
      fail(reason);
    }
  };
  try {
    const ready = toAnswer(call, outcome);
    if (ready instanceof Promise) ready.then(send, fail);
    else send(ready);
  } catch (reason) {
    fail(reason);
  }
}
