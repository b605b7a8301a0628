import { FRAME_HEAD_BYTES, type Frame } from "../exchange/frame-reader.ts";
import type { MessageWire } from "../exchange/message-wire.ts";

/** Above this many bytes nothing more is waited for. */
const MAX_JOINED_BYTES = 16 * 1024;

/**
 * How many bytes may wait for the client before the next message is asked for. Node would take four times as many, and a
 * client need not take any of them.
 */
const MAX_UNSENT_BYTES = 16 * 1024;

/** Learns what becomes of the frames of a stream. */
export interface WriterListener {
  /** @param bytes how many wait for the client, whenever that changes */
  onUnsent(bytes: number): void;
  /** There is room again, which was asked for. */
  onRoom(): void;
}

/**
 * Writes frames. Those of one turn of the loop go out together: what is handed to Node costs more than what it is.
 *
 * A class: one is made for every stream.
 */
export class FrameWriter {
  readonly #wire: MessageWire;
  readonly #listener: WriterListener;
  #frames: Frame[] = [];
  #bytes = 0;
  /** Whether as much waits as may. */
  #isFull = false;
  #isEnded = false;
  /** Whether room was asked for. */
  #isAwaited = false;

  constructor(wire: MessageWire, listener: WriterListener) {
    this.#wire = wire;
    this.#listener = listener;
  }

  add(frame: Frame): void {
    if (this.#frames.length === 0) {
      process.nextTick(flush, this);
    }
    this.#frames.push(frame);
    this.#bytes += FRAME_HEAD_BYTES + frame.data.length;
    if (this.#bytes >= MAX_JOINED_BYTES) {
      this.flush();
    }
  }

  /** Check whether there is room for more. The listener learns when there is, where there is none. */
  hasRoom(): boolean {
    this.#isAwaited = this.#isFull;
    return !this.#isFull;
  }

  /** Write what is there. */
  flush(): void {
    if (this.#frames.length === 0 || this.#isEnded) {
      return;
    }
    const joined = joinFrames(this.#frames, this.#bytes);
    this.#frames = [];
    this.#bytes = 0;
    this.#wire.write(joined, this.#onSent);
    const { unsentBytes } = this.#wire;
    this.#isFull ||= unsentBytes >= MAX_UNSENT_BYTES;
    this.#listener.onUnsent(unsentBytes);
  }

  /** Write nothing more. */
  stop(): void {
    this.#isEnded = true;
    this.#frames = [];
    this.#isAwaited = false;
  }

  readonly #onSent = (error?: Error | null): void => {
    if (error !== undefined && error !== null) {
      return; // the stream is over, and its close says so
    }
    const { unsentBytes } = this.#wire;
    this.#listener.onUnsent(unsentBytes);
    if (!this.#isFull || unsentBytes > 0) {
      return;
    }
    const isAwaited = this.#isAwaited;
    this.#isFull = false;
    this.#isAwaited = false;
    if (isAwaited) {
      this.#listener.onRoom();
    }
  };
}

function flush(writer: FrameWriter): void {
  writer.flush();
}

function joinFrames(frames: readonly Frame[], bytes: number): Buffer {
  const joined = Buffer.allocUnsafe(bytes);
  let at = 0;
  for (const { flags, data } of frames) {
    joined[at] = flags;
    joined.writeUInt32BE(data.length, at + 1);
    joined.set(data, at + FRAME_HEAD_BYTES);
    at += FRAME_HEAD_BYTES + data.length;
  }
  return joined;
}
