import type { DescMessage, MessageInitShape } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import {
  type ByteHolder,
  createWaitingError,
  ON_OPENED,
  type OnHeaderSent,
  type OpeningListener,
  setCallSource,
} from "@countersign/server/internal";
import { askGates } from "../call/ask-gates.ts";
import type { Message } from "../call/call-parts.ts";
import type { CallServing } from "../call/serving.ts";
import { type Step, takeStep } from "../call/step.ts";
import type { MessageWire } from "../exchange/message-wire.ts";
import { sizeOfHeader } from "../exchange/waiting-bytes.ts";
import type { Outputs } from "./give-back.ts";
import { createFrameParser } from "./read-frame.ts";
import type { StreamCall } from "./stream-call.ts";
import { type InputListener, StreamInputs } from "./stream-inputs.ts";
import { type OutputListener, StreamOutputs } from "./stream-outputs.ts";
import type { Turns } from "./turns.ts";

/** What serving calls with streams takes. */
export interface StreamServing extends CallServing {
  readonly turns: Turns;
}

/** Take a call through the gate and the handler, message by message, to its end. Never throws. */
export function serveStream(call: StreamCall, wire: MessageWire, serving: StreamServing): void {
  const served = new ServedStream(call, wire, serving);
  served.onPending(0);
  if (!served.outputs.isOver) {
    takeStep(ASK_GATE, served, undefined);
  }
}

/** A call with streams that is under way. A class: one is made for every stream. */
class ServedStream implements ByteHolder, OpeningListener, InputListener, OutputListener {
  readonly call: StreamCall;
  readonly serving: StreamServing;
  /** Undefined: its one message has come. */
  inputs: StreamInputs | undefined;
  readonly outputs: StreamOutputs;
  readonly connection: object;
  readonly #headerBytes: number;
  #unsentBytes = 0;
  #isClosed = false;
  #isGivingUp = false;

  constructor(call: StreamCall, wire: MessageWire, serving: StreamServing) {
    const { turns } = serving;
    const { method, head } = call.parts;
    this.call = call;
    this.serving = serving;
    this.connection = call.exchange.connection;
    this.#headerBytes = sizeOfHeader(call.exchange.request.rawHeaders);
    this.inputs = new StreamInputs({
      wire,
      turns,
      read: createFrameParser(call.parts),
      maxBytes: method.maxBytesOf(head.isBinary),
      listener: this,
    });
    this.outputs = new StreamOutputs(call, { wire, turns, listener: this });
    setCallSource(call.context, call);
    call.exchange.request[ON_OPENED] = this;
    call.exchange.onClose((reason) => this.onClose(reason));
  }

  /** Its interceptors and its handler are only about to run: what they add to the header at once is in it. */
  onOpened(_header: Headers, onSent: OnHeaderSent): void {
    this.call.onHeaderSent = onSent;
    setImmediate(sendHeader, this.outputs);
  }

  /** Whether nothing of an answer can be sent any more. */
  get isOver(): boolean {
    return this.outputs.isOver || this.call.exchange.isGone;
  }

  get peer(): string {
    return this.serving.waiting.peerOf(this.call.exchange.request);
  }

  /** Too many bytes wait: those of this stream are forgotten. What waits for the client can only be thrown away. */
  giveUp(): void {
    if (this.outputs.isOver) {
      this.call.exchange.breakOff();
      return;
    }
    const error = createWaitingError();
    this.#isGivingUp = true;
    this.inputs?.cutOff({ reason: error });
    if (this.#unsentBytes > 0) {
      this.outputs.stop(error);
      this.call.exchange.breakOff();
    } else {
      this.outputs.cutOff(error);
    }
    this.#isGivingUp = false;
  }

  /** Take note of what is kept of its request: its header for as long as it lasts, and the beginning of a message. */
  onPending(pendingBytes: number): void {
    if (!this.#isClosed && !this.#isGivingUp) {
      this.serving.waiting.budget.hold(this, this.#headerBytes + pendingBytes);
    }
  }

  findBreak(): ConnectError | undefined {
    return this.call.exchange.isGone ? clientIsGone() : undefined;
  }

  onUnsent(bytes: number): void {
    this.#unsentBytes = bytes;
    if (!this.#isClosed && !this.#isGivingUp) {
      this.serving.unsent.hold(this, bytes);
    }
  }

  onEnd(): void {
    this.serving.arrivals.delete(this.call.exchange);
    this.inputs?.cutOff({});
  }

  onClose(reason: unknown): void {
    const error = reason ?? clientIsGone();
    this.#isClosed = true;
    this.inputs?.cutOff({ reason: error });
    this.outputs.stop(reason, error);
    this.serving.waiting.budget.release(this);
    this.serving.unsent.release(this);
  }

  onFailure(reason: unknown): void {
    if (!this.call.exchange.isGone) {
      this.serving.onError(reason);
      this.call.exchange.sendFailure();
    }
  }

  refuse(error: unknown): void {
    this.outputs.finish({ error });
  }

  /** Send what a handler gives. */
  answer(handle: () => AsyncIterable<MessageInitShape<DescMessage>>): void {
    let outputs: Outputs;
    try {
      outputs = handle()[Symbol.asyncIterator]();
    } catch (error) {
      this.refuse(error);
      return;
    }
    this.outputs.run(outputs);
  }
}

const ASK_GATE: Step<ServedStream, undefined, void> = {
  take({ call, serving }) {
    const verdict = askGates(call, serving.requestGate);
    if (verdict === undefined) {
      return undefined;
    }
    addArrival(call, serving);
    // Whatever else a gate returns is waited for: what is in doubt is not let in.
    return Promise.resolve(verdict);
  },
  /** It has said yes: only now the body is read. */
  proceed(served) {
    const { call, inputs } = served;
    call.isAtGate = false;
    if (!served.isOver && inputs !== undefined) {
      handle(served, inputs);
    }
  },
  fail: (served, reason) => served.call.exchange.whenParsed(() => served.refuse(reason)),
};

const sendHeader = (outputs: StreamOutputs): void => outputs.open();

/** Where one message is all that a client sends, nothing happens before it has come: that may not take for ever. */
function addArrival({ parts, exchange }: StreamCall, { arrivals }: StreamServing): void {
  if (parts.method.spec.kind === "server_streaming") {
    arrivals.add(exchange);
  }
}

function handle(served: ServedStream, inputs: StreamInputs): void {
  const { call } = served;
  const { spec } = call.parts.method;
  switch (spec.kind) {
    case "server_streaming":
      addArrival(call, served.serving);
      takeStep(RECEIVE_ONE, served, inputs);
      return;
    case "client_streaming":
      served.answer(() => once(spec.impl(inputs, call.context)));
      return;
    case "bidi_streaming":
      served.answer(() => spec.impl(inputs, call.context));
      return;
    default:
      spec satisfies never;
  }
}

const RECEIVE_ONE: Step<ServedStream, StreamInputs, Message> = {
  async take(_, inputs) {
    const first = await inputs.next();
    if (first.done === true) {
      throw violation("missing input message");
    }
    const second = await inputs.next();
    if (second.done !== true) {
      throw violation("received extra input message");
    }
    return first.value;
  },
  proceed(served, message) {
    const { call, serving } = served;
    serving.arrivals.delete(call.exchange);
    served.inputs = undefined; // they are over, and what is sent may last for hours
    const { spec } = call.parts.method;
    if (spec.kind === "server_streaming" && !served.isOver) {
      served.answer(() => spec.impl(message, call.context));
    }
  },
  fail: (served, reason) => served.refuse(reason),
};

/** A client that leaves before its answer is asked for must not leave a rejection behind that ends the process. */
function once<T>(result: PromiseLike<T> | T): AsyncGenerator<Awaited<T>> {
  const answer = Promise.resolve(result);
  answer.catch(() => undefined);
  return yieldOne(answer);
}

async function* yieldOne<T>(answer: Promise<T>): AsyncGenerator<Awaited<T>> {
  yield await answer;
}

function violation(what: string): ConnectError {
  return new ConnectError(`protocol error: ${what} for server-streaming method`, Code.Unimplemented);
}

function clientIsGone(): ConnectError {
  return new ConnectError("the client has left", Code.Canceled);
}
