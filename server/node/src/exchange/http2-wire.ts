import type { ServerHttp2Stream } from "node:http2";
import type { ResponseFields } from "./http-exchange.ts";
import type { MessageWire, PartListener } from "./message-wire.ts";
import { resetBehindResponse } from "./reject-early.ts";

/** What a body is read with. */
interface Reading {
  readonly onPart: (part: Buffer) => void;
  readonly onEnd: () => void;
}

/** Both ways of a stream of HTTP/2, whose errors have a listener. A class: one is made for every stream. */
export class Http2Wire implements MessageWire {
  readonly #stream: ServerHttp2Stream;
  readonly #corsFields: ResponseFields;
  /** What the body is read with, while it is. */
  #reading: Reading | undefined;

  /** @param corsFields fields of the header of the answer */
  constructor(stream: ServerHttp2Stream, corsFields: ResponseFields) {
    this.#stream = stream;
    this.#corsFields = corsFields;
  }

  receive(listener: PartListener): void {
    // An empty body ends by itself, also without a listener.
    if (this.#stream.readableEnded) {
      listener.onEnd();
      return;
    }
    const reading: Reading = {
      onPart: (part) => listener.onPart(part),
      onEnd: () => listener.onEnd(),
    };
    this.#reading = reading;
    this.#stream.on("data", reading.onPart).on("end", reading.onEnd);
  }

  pause(): void {
    this.#stream.pause();
  }

  resume(): void {
    this.#stream.resume();
  }

  stop(): void {
    const stream = this.#stream;
    const reading = this.#reading;
    if (reading !== undefined) {
      this.#reading = undefined;
      stream.off("data", reading.onPart).off("end", reading.onEnd);
    }
    if (stream.closed) {
      stream.resume(); // a stream that was reset stays for as long as its connection while it has unread bytes
    } else if (reading !== undefined && !stream.readableEnded) {
      stream.pause();
    }
  }

  begin(header: ResponseFields): void {
    const stream = this.#stream;
    const fields = { ":status": 200, ...this.#corsFields, ...header };
    // Over HTTP/2 there are no connections to speak of: Node takes no such field.
    if ("connection" in fields) {
      delete fields.connection;
    }
    stream.respond(fields, { waitForTrailers: true });
    resetBehindResponse(stream);
  }

  /** Node sends a header at once. */
  flush(): void {}

  get unsentBytes(): number {
    return this.#stream.writableLength;
  }

  write(bytes: Uint8Array, onSent: (error?: Error | null) => void): void {
    this.#stream.write(bytes, onSent);
  }

  end(trailer: ResponseFields): void {
    const stream = this.#stream;
    stream.on("wantTrailers", () => stream.sendTrailers(trailer));
    stream.end();
  }
}
