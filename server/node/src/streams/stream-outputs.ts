import { create } from "@bufbuild/protobuf";
import { bytesOf, pull, type Reader } from "@countersign/server/internal";
import type { Message } from "../call/call-parts.ts";
import type { Serialization } from "../connect-protocol.ts";
import type { MessageWire } from "../exchange/message-wire.ts";
import { FrameWriter, type WriterListener } from "./frame-writer.ts";
import { giveBack, type Output, type Outputs } from "./give-back.ts";
import type { StreamCall } from "./stream-call.ts";
import { type EndReason, STREAM_ENDS, type StreamEnd } from "./stream-ends.ts";
import type { Turns } from "./turns.ts";

/** What the messages of a handler are sent with. */
export interface OutputOptions {
  readonly wire: MessageWire;
  readonly turns: Turns;
  readonly listener: OutputListener;
}

/** Learns what becomes of the messages of a handler. */
export interface OutputListener {
  /** @param bytes how many wait for the client, whenever that changes */
  onUnsent(bytes: number): void;
  /** The answer has ended, also when nothing of it could be sent. Called once. */
  onEnd(): void;
  /** An answer can go no further. It was not ended. */
  onFailure(reason: unknown): void;
}

const COMPRESSED_FLAG = 1;

/**
 * Takes messages from a handler and sends them: the next one when the one before is written, and there is room for it.
 *
 * A class: one is made for every stream.
 */
export class StreamOutputs implements Reader<Output>, WriterListener {
  readonly #call: StreamCall;
  readonly #options: OutputOptions;
  readonly #writer: FrameWriter;
  readonly #serialization: Serialization<Message>;
  #source: Outputs | undefined;
  #hasBegun = false;
  /** Whether the source is being asked: what it gives meanwhile is taken behind that. */
  #isAsking = false;
  #isOver = false;

  constructor(call: StreamCall, options: OutputOptions) {
    this.#call = call;
    this.#options = options;
    this.#writer = new FrameWriter(options.wire, this);
    this.#serialization = call.parts.method.serialization.getO(call.parts.head.isBinary);
  }

  /** Whether the answer has ended, or goes no further. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Send all that a handler gives, and the end behind it. */
  run(source: Outputs): void {
    this.#source = source;
    this.#pull();
  }

  /** Send the header, although there is no message yet. */
  open(): void {
    if (this.#isOver || this.#hasBegun || this.#call.exchange.isGone) {
      return;
    }
    if (this.#tryToBegin()) {
      this.#options.wire.flush();
    }
  }

  /** End the answer with an error, and let the handler know. */
  cutOff(error: unknown): void {
    giveBack(this.#source, (source) => source.throw?.(error));
    this.finish({ error });
  }

  /** End the answer. */
  finish(reason: EndReason): void {
    if (this.#isOver) {
      return;
    }
    this.#isOver = true;
    this.#call.signal.abort(reason?.error);
    try {
      const end = STREAM_ENDS[this.#call.parts.head.protocol](this.#call, reason);
      this.#begin();
      const sent = this.#sendEnd(end);
      if (sent instanceof Promise) {
        sent.catch((error: unknown) => this.#options.listener.onFailure(error));
      }
    } catch (error) {
      this.#options.listener.onFailure(error);
    }
    this.#options.listener.onEnd();
  }

  /**
   * Send nothing more, and let the handler know.
   *
   * @param reason what its signal aborts with
   * @param error what is thrown where it waits for its message to be taken
   */
  stop(reason: unknown, error: unknown = reason): void {
    if (!this.#isOver) {
      this.#isOver = true;
      this.#writer.stop();
      this.#call.signal.abort(reason);
      this.#options.listener.onEnd();
      giveBack(this.#source, (source) => source.throw?.(error));
    }
  }

  onUnsent(bytes: number): void {
    this.#options.listener.onUnsent(bytes);
  }

  /** There is room for another message. */
  onRoom(): void {
    this.#pull();
  }

  #pull(): void {
    if (this.#isOver) {
      return;
    }
    const { turns } = this.#options;
    if (turns.isOver()) {
      turns.defer(() => this.#take());
    } else {
      this.#take();
    }
  }

  #take(): void {
    if (!this.#isOver && this.#source !== undefined) {
      this.#isAsking = true;
      pull(this.#source, this);
      this.#isAsking = false;
    }
  }

  onResult(result: IteratorResult<Output>): void {
    if (this.#isOver) {
      return;
    }
    if (this.#isAsking) {
      // A handler that gives back what it is given has all of it ready: one in the call of the other, the stack would not do.
      queueMicrotask(() => this.onResult(result));
      return;
    }
    if (result.done === true) {
      this.finish(undefined);
      return;
    }
    // What many callers get is encoded once for all, and to compress it for each would take longer than to send it.
    const encoded = this.#call.parts.head.isBinary ? bytesOf(result.value) : undefined;
    let data: Uint8Array;
    try {
      data = encoded ?? this.#serialize(result.value);
    } catch (error) {
      this.#fail(error);
      return;
    }
    if (!this.#tryToBegin()) {
      return;
    }
    const sent = encoded === undefined ? this.#send(0, data) : this.#writer.add({ flags: 0, data });
    if (sent instanceof Promise) {
      sent.then(
        () => this.#goOn(),
        (error: unknown) => this.#fail(error),
      );
    } else {
      this.#goOn();
    }
  }

  onError(error: unknown): void {
    // The life of the stream may be ending at this moment: all who are called then come before the answer ends.
    queueMicrotask(() => this.finish({ error }));
  }

  #goOn(): void {
    if (this.#writer.hasRoom()) {
      this.#pull();
    }
  }

  /** A message cannot be sent: its handler is to give no more. */
  #fail(error: unknown): void {
    giveBack(this.#source, (source) => source.return?.());
    this.finish({ error });
  }

  #serialize(message: Output): Uint8Array {
    return this.#serialization.serialize(create(this.#call.parts.method.spec.method.output, message));
  }

  /** The header goes before the first message: until then interceptors and the handler may add to it. */
  #begin(): void {
    if (!this.#hasBegun) {
      this.#hasBegun = true;
      this.#options.wire.begin(this.#call.takeHeaderFields());
    }
  }

  /** The same, where the answer goes no further when Node does not take the header. @returns whether it does */
  #tryToBegin(): boolean {
    try {
      this.#begin();
      return true;
    } catch (error) {
      this.stop(error);
      this.#options.listener.onFailure(error);
      return false;
    }
  }

  #send(flags: number, data: Uint8Array): void | Promise<void> {
    const { compression } = this.#call.parts.head;
    if (compression === null || data.byteLength < this.#call.parts.method.compressMinBytes) {
      this.#writer.add({ flags, data });
      return undefined;
    }
    return compression
      .compress(data)
      .then((compressed) => this.#writer.add({ flags: flags | COMPRESSED_FLAG, data: compressed }));
  }

  #sendEnd({ frame, trailer }: StreamEnd): void | Promise<void> {
    const sent = frame === undefined ? undefined : this.#send(frame.flags, frame.data);
    const end = (): void => {
      this.#writer.flush();
      this.#options.wire.end(trailer);
    };
    return sent === undefined ? end() : sent.then(end);
  }
}
