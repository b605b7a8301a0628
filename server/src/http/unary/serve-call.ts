import type { Readable } from "node:stream";
import type { DescMessage, MessageShape } from "@bufbuild/protobuf";
import type { HandlerContext } from "@connectrpc/connect";
import { type Outcome, toAnswer, toCallError } from "./answers.ts";
import type { Arrivals } from "./arrivals.ts";
import { type BodyListener, BodyReader } from "./body.ts";
import type { UnaryCall } from "./call.ts";
import { createContext } from "./context.ts";
import { invoke } from "./invoke.ts";
import { readUnusualBody } from "./unusual-body.ts";

type Message = MessageShape<DescMessage>;

/** What serving calls takes. */
export interface UnaryServing {
  /** Decides on the header alone whether a call goes on. */
  readonly requestGate: (context: HandlerContext) => void | Promise<void>;
  readonly arrivals: Arrivals;
  /** Told what went wrong beside the calls. */
  readonly onError: (error: unknown) => void;
}

/** Takes a call through the gate, its body, the interceptors and the handler, to its answer. A class: one is made for every call. */
export class CallServer implements BodyListener {
  readonly #call: UnaryCall;
  readonly #serving: UnaryServing;
  readonly #context: HandlerContext;

  constructor(call: UnaryCall, serving: UnaryServing) {
    this.#call = call;
    this.#serving = serving;
    this.#context = createContext(call);
  }

  /** Never throws. */
  serve(): void {
    let verdict: void | Promise<void>;
    try {
      verdict = this.#serving.requestGate(this.#context);
    } catch (error) {
      this.#refuse(error);
      return;
    }
    if (verdict === undefined) {
      this.#admit();
      return;
    }
    this.#serving.arrivals.add(this.#call.parts.exchange);
    // Whatever else a gate returns is waited for: what is in doubt is not let in.
    Promise.resolve(verdict).then(
      () => this.#admit(),
      (error: unknown) => this.#refuse(error),
    );
  }

  /** The gate has said yes: only now the body is read. */
  #admit(): void {
    const call = this.#call;
    const { head, exchange, method } = call.parts;
    call.isGated = false;
    if (this.#isCutOff()) return;
    this.#serving.arrivals.add(exchange);
    const isEnveloped = head.protocol !== "connect";
    const maxBytes = method.readMaxBytes;
    exchange.receive(new BodyReader({ isEnveloped, contentLength: head.contentLength, maxBytes }, this));
  }

  onMessage(bytes: Uint8Array): void {
    if (this.#isCutOff()) return;
    const { head, method, exchange } = this.#call.parts;
    this.#serving.arrivals.delete(exchange);
    let input: Message;
    try {
      input = method.serialization.getI(head.isBinary).parse(bytes);
    } catch (error) {
      this.#refuse(error);
      return;
    }
    this.#run(input);
  }

  onUnusualBody(parts: readonly Uint8Array[], rest: Readable | undefined): void {
    if (this.#isCutOff()) return;
    const { head, method } = this.#call.parts;
    const serialization = method.serialization.getI(head.isBinary);
    readUnusualBody({ head, maxBytes: method.readMaxBytes, serialization, parts, rest }).then(
      (input) => this.#run(input),
      (error: unknown) => this.#refuse(error),
    );
  }

  /** What has come of it need not be kept until its time is over. */
  onBrokenOff(): void {
    this.#serving.arrivals.delete(this.#call.parts.exchange);
  }

  /** Node ends the body of a stream that was reset: what has come of it may not be all, and nobody waits for an answer. */
  #isCutOff(): boolean {
    const { exchange } = this.#call.parts;
    if (!exchange.isGone) return false;
    this.#serving.arrivals.delete(exchange);
    this.#call.signal.abort();
    return true;
  }

  #run(input: Message): void {
    let output: Message | Promise<Message>;
    try {
      output = invoke(this.#call, this.#context, input);
    } catch (error) {
      this.#refuse(error);
      return;
    }
    if (!(output instanceof Promise)) {
      this.#accept(output);
      return;
    }
    output.then(
      (message) => this.#accept(message),
      (error: unknown) => this.#refuse(error),
    );
  }

  #accept(output: Message): void {
    const { method, head } = this.#call.parts;
    let bytes: Uint8Array;
    try {
      bytes = method.serialization.getO(head.isBinary).serialize(output);
    } catch (error) {
      this.#refuse(error);
      return;
    }
    this.#call.signal.abort();
    this.#answer({ kind: "message", bytes });
  }

  #refuse(reason: unknown): void {
    this.#call.signal.abort(reason);
    this.#answer({ kind: "error", error: toCallError(reason) });
  }

  #answer(outcome: Outcome): void {
    const { exchange } = this.#call.parts;
    this.#serving.arrivals.delete(exchange);
    if (exchange.isGone) return;
    try {
      const answer = toAnswer(this.#call, outcome);
      if (!(answer instanceof Promise)) {
        exchange.send(answer);
        return;
      }
      answer.then((ready) => exchange.send(ready)).catch((reason: unknown) => this.#fail(reason));
    } catch (reason) {
      this.#fail(reason);
    }
  }

  #fail(reason: unknown): void {
    this.#serving.onError(reason);
    this.#call.parts.exchange.sendFailure();
  }
}
