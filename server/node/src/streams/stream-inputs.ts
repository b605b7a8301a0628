import { Code, ConnectError } from "@connectrpc/connect";
import { PULL, type PullIterator, type Reader, toNext } from "@countersign/server/internal";
import type { Message } from "../call/call-parts.ts";
import { type Frame, FrameReader } from "../exchange/frame-reader.ts";
import type { MessageWire, PartListener } from "../exchange/message-wire.ts";
import type { ReadFrame } from "./read-frame.ts";
import type { Turns } from "./turns.ts";

/** What the messages of a client are read with. */
export interface InputOptions {
  readonly wire: MessageWire;
  readonly read: ReadFrame;
  /** How large a message may be, in bytes. */
  readonly maxBytes: number;
  readonly turns: Turns;
  readonly listener: InputListener;
}

/** Learns what becomes of the messages of a client. */
export interface InputListener {
  /** @param bytes how many wait for the rest of their message, whenever that changes */
  onPending(bytes: number): void;
  /** Find why the body has broken off; undefined: it has not. */
  findBreak(): ConnectError | undefined;
}

type NextMessage = IteratorResult<Message, undefined>;

/**
 * The messages of a client, read when they are asked for. While some are there that are not, nothing more comes: the client
 * waits.
 *
 * A class: one is made for every stream.
 */
export class StreamInputs implements PullIterator<Message>, AsyncIterable<Message>, PartListener {
  readonly #options: InputOptions;
  readonly #frames: FrameReader;
  #queue: readonly Frame[] = NONE;
  #at = 0;
  readonly #readers: Reader<Message>[] = [];
  #isReceiving = false;
  #isPaused = false;
  #isDeferred = false;
  /** What comes behind the queue: the end, or an error. */
  #end: { readonly reason?: unknown } | undefined;

  constructor(options: InputOptions) {
    this.#options = options;
    this.#frames = new FrameReader(options.maxBytes);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  [PULL](reader: Reader<Message>): void {
    this.#readers.push(reader);
    this.#deliver();
    if (this.#readers.length > 0) {
      this.#receive();
    }
  }

  next(): Promise<IteratorResult<Message>> {
    return toNext(this);
  }

  return(): Promise<NextMessage> {
    this.#end = {};
    this.cutOff({});
    return Promise.resolve(DONE);
  }

  throw(reason?: unknown): Promise<NextMessage> {
    this.#end = {};
    this.cutOff({});
    return Promise.reject(reason);
  }

  onPart(part: Buffer): void {
    const before = this.#frames.pendingBytes;
    try {
      this.#add(this.#frames.push(part));
    } catch (reason) {
      this.#stop({ reason });
      return;
    }
    const { pendingBytes } = this.#frames;
    if (pendingBytes !== before) {
      this.#options.listener.onPending(pendingBytes);
    }
    this.#deliver();
    if (this.#hasMessage && !this.#isPaused) {
      this.#isPaused = true;
      this.#options.wire.pause();
    }
  }

  onEnd(): void {
    const reason = this.#options.listener.findBreak();
    if (reason !== undefined) {
      this.cutOff({ reason });
    } else {
      this.#stop(this.#frames.pendingBytes > 0 ? { reason: incomplete() } : {});
    }
  }

  /** End the messages at once: those that are there do not reach the handler any more. */
  cutOff(end: { readonly reason?: unknown }): void {
    this.#queue = NONE;
    this.#at = 0;
    this.#stop(end);
  }

  get #hasMessage(): boolean {
    return this.#at < this.#queue.length;
  }

  #add(frames: readonly Frame[]): void {
    this.#queue = this.#hasMessage ? [...this.#queue.slice(this.#at), ...frames] : frames;
    this.#at = 0;
  }

  /** Take nothing more from the client. Of two ends, the first counts. */
  #stop(end: { readonly reason?: unknown }): void {
    this.#end ??= end;
    this.#frames.drop();
    this.#options.listener.onPending(0);
    this.#options.wire.stop();
    this.#deliver();
  }

  /** Begin to read, or go on. */
  #receive(): void {
    if (this.#end !== undefined) {
      return;
    }
    if (!this.#isReceiving) {
      this.#isReceiving = true;
      this.#options.wire.receive(this);
    } else if (this.#isPaused) {
      this.#isPaused = false;
      this.#options.wire.resume();
    }
  }

  /** Give what is there to who waits for it. */
  #deliver(): void {
    while (this.#readers.length > 0 && !this.#isDeferred) {
      if (!this.#hasMessage) {
        if (this.#end !== undefined) {
          this.#deliverEnd(this.#end);
        }
        return;
      }
      if (this.#options.turns.isOver()) {
        this.#isDeferred = true;
        this.#options.turns.defer(() => {
          this.#isDeferred = false;
          this.#deliver();
        });
        return;
      }
      this.#deliverFrame();
    }
  }

  #deliverFrame(): void {
    const frame = this.#queue[this.#at];
    this.#at += 1;
    if (!this.#hasMessage) {
      this.#queue = NONE; // a stream may rest for hours behind its last message
    }
    let value: Message | undefined;
    try {
      value = frame === undefined ? undefined : this.#options.read(frame);
    } catch (reason) {
      this.#queue = NONE;
      this.#end = { reason };
      this.#stop(this.#end);
      return;
    }
    if (value !== undefined) {
      this.#readers.shift()?.onResult({ done: false, value });
    }
  }

  /** The error goes to the first who asks; behind it there is nothing. */
  #deliverEnd(end: { readonly reason?: unknown }): void {
    const [first, ...others] = this.#readers.splice(0);
    this.#end = {};
    if (end.reason === undefined) {
      first?.onResult(DONE);
    } else {
      first?.onError(end.reason);
    }
    for (const reader of others) {
      reader.onResult(DONE);
    }
  }
}

const NONE: readonly Frame[] = [];

const DONE = { done: true, value: undefined } as const;

function incomplete(): ConnectError {
  return new ConnectError("protocol error: incomplete envelope", Code.InvalidArgument);
}
