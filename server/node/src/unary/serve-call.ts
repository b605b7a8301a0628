import { ConnectError } from "@connectrpc/connect";
import { type ByteHolder, createWaitingError } from "@countersign/server/internal";
import { askGates } from "../call/ask-gates.ts";
import type { Message } from "../call/call-parts.ts";
import { invoke } from "../call/invoke.ts";
import type { CallServing } from "../call/serving.ts";
import { type Step, takeStep } from "../call/step.ts";
import { type BodyListener, BodyReader, type BodyShape, type UnusualBody } from "../exchange/body.ts";
import type { Answer } from "../exchange/http-exchange.ts";
import { holdAnswer } from "../exchange/unsent-answer.ts";
import { sizeOfHeader } from "../exchange/waiting-bytes.ts";
import { ANSWERS } from "./answers.ts";
import type { UnaryCall } from "./unary-call.ts";
import { readUnusualBody } from "./unusual-body.ts";

/** Take a call through the gate, its body, the interceptors and the handler, to its answer. Never throws. */
export function serveCall(call: UnaryCall, serving: CallServing): void {
  takeStep(ASK_GATE, new ServedCall(call, serving), undefined);
}

/** A call that is under way, and the listener to its body. A class: one is made for every call. */
class ServedCall implements BodyListener, ByteHolder {
  readonly call: UnaryCall;
  readonly serving: CallServing;
  readonly connection: object;
  /** What its body is put together by, while that waits. */
  #reader: BodyReader | undefined;
  #isUnusual = false;
  #isGivenUp = false;
  readonly #headerBytes: number;

  constructor(call: UnaryCall, serving: CallServing) {
    this.call = call;
    this.serving = serving;
    this.connection = call.exchange.connection;
    this.#headerBytes = sizeOfHeader(call.exchange.request.rawHeaders);
  }

  get peer(): string {
    return this.serving.waiting.peerOf(this.call.exchange.request);
  }

  /** Whether it was refused because too much waits. */
  get isGivenUp(): boolean {
    return this.#isGivenUp;
  }

  receive(shape: BodyShape): void {
    this.#reader = new BodyReader(shape, this);
    this.serving.arrivals.add(this.call.exchange);
    this.onBytes(0);
    if (!this.#isGivenUp) {
      this.call.exchange.receive(this.#reader);
    }
  }

  /** The rest is thrown away as it comes, until the answer has closed the stream or the connection. */
  giveUp(): void {
    if (this.#isUnusual) {
      // It is read already, and who reads it will answer what it comes to.
      this.call.exchange.hangUp();
      return;
    }
    this.#isGivenUp = true;
    this.#reader?.drop();
    refuse(this, createWaitingError());
  }

  onBytes(bytes: number): void {
    this.serving.waiting.budget.hold(this, this.#headerBytes + bytes);
  }

  /** Wait no longer for its request. */
  stopWaiting(): void {
    this.serving.arrivals.delete(this.call.exchange);
    this.serving.waiting.budget.release(this);
  }

  onMessage(bytes: Uint8Array): void {
    if (this.isCutOff()) {
      return;
    }
    this.stopWaiting();
    takeStep(HANDLE, this, bytes);
  }

  onUnusualBody(body: UnusualBody): void {
    if (!this.isCutOff()) {
      this.#isUnusual = true;
      takeStep(HANDLE_UNUSUAL, this, body);
    }
  }

  /** What has come of it need not be kept until its time is over. */
  onBrokenOff(): void {
    this.stopWaiting();
  }

  /**
   * Node ends the body of a stream that was reset: what has come of it may not be all, and the client waits for no
   * answer.
   */
  isCutOff(): boolean {
    if (!this.call.exchange.isGone) {
      return false;
    }
    this.stopWaiting();
    this.call.signal.abort();
    return true;
  }
}

const ASK_GATE: Step<ServedCall, undefined, void> = {
  take(served) {
    const { call, serving } = served;
    const verdict = askGates(call, serving.requestGate);
    if (verdict === undefined) {
      return undefined;
    }
    serving.arrivals.add(call.exchange);
    served.onBytes(0);
    // Whatever else a gate returns is waited for: what is in doubt is not let in.
    return Promise.resolve(verdict);
  },
  /** It has said yes: only now the body is read. */
  proceed(served) {
    const { parts } = served.call;
    const { protocol, contentLength, isBinary } = parts.head;
    served.call.isAtGate = false;
    if (served.isGivenUp || served.isCutOff()) {
      return;
    }
    const maxBytes = parts.method.maxBytesOf(isBinary);
    served.receive({ isEnveloped: protocol !== "connect", contentLength, maxBytes });
  },
  fail(served, reason) {
    if (!served.isGivenUp) {
      served.call.exchange.whenParsed(() => refuse(served, reason));
    }
  },
};

const HANDLE: Step<ServedCall, Uint8Array, Message> = {
  take({ call }, bytes) {
    const { head, method } = call.parts;
    return invoke(call, method.serialization.getI(head.isBinary).parse(bytes));
  },
  proceed: (served, output) => takeStep(SERIALIZE, served, output),
  fail: refuse,
};

const HANDLE_UNUSUAL: Step<ServedCall, UnusualBody, Message> = {
  ...HANDLE,
  async take(served, body) {
    const { call } = served;
    return invoke(call, await readUnusualBody(call.parts, body, (bytes) => served.onBytes(bytes)));
  },
};

const SERIALIZE: Step<ServedCall, Message, Uint8Array> = {
  take({ call }, output) {
    const { head, method } = call.parts;
    return method.serialization.getO(head.isBinary).serialize(output);
  },
  proceed(served, message) {
    served.call.signal.abort();
    // Before it is compressed: it may have to wait for that.
    holdAnswer(served.call.exchange, message.length, served.serving);
    end(served, ANSWER, message);
  },
  fail: refuse,
};

function refuse(served: ServedCall, reason: unknown): void {
  served.call.signal.abort(reason);
  end(served, REFUSE, reason);
}

function end<I>(served: ServedCall, step: Step<ServedCall, I, Answer>, input: I): void {
  served.stopWaiting();
  if (!served.call.exchange.isGone) {
    takeStep(step, served, input);
  }
}

const ANSWER: Step<ServedCall, Uint8Array, Answer> = {
  take: ({ call }, message) => ANSWERS[call.parts.head.protocol].accept(call, message),
  proceed(served, answer) {
    try {
      served.call.exchange.send(answer);
    } catch (reason) {
      fail(served, reason);
    }
  },
  /** Too much waits to be compressed: its error is short enough to be sent as it is. */
  fail: (served, reason) =>
    reason instanceof ConnectError ? end(served, REFUSE, reason) : fail(served, reason),
};

const REFUSE: Step<ServedCall, unknown, Answer> = {
  ...ANSWER,
  fail,
  take: ({ call }, reason) => ANSWERS[call.parts.head.protocol].refuse(call, reason),
};

function fail({ call, serving }: ServedCall, reason: unknown): void {
  serving.onError(reason);
  call.exchange.sendFailure();
}
