import type { IncomingMessage, ServerResponse } from "node:http";
import type { ResponseFields } from "./http-exchange.ts";
import type { MessageWire, PartListener } from "./message-wire.ts";
import { stopUnreadBody } from "./reject-early.ts";

/** Both ways of a request over HTTP/1.1, whose errors have a listener. A class: one is made for every stream. */
export class Http1Wire implements MessageWire {
  readonly #req: IncomingMessage;
  readonly #res: ServerResponse;
  #listener: PartListener | undefined;
  readonly #onPart = (part: Buffer): void => this.#listener?.onPart(part);
  readonly #onEnd = (): void => this.#listener?.onEnd();

  constructor(req: IncomingMessage, res: ServerResponse) {
    this.#req = req;
    this.#res = res;
  }

  receive(listener: PartListener): void {
    this.#listener = listener;
    this.#req.on("data", this.#onPart).on("end", this.#onEnd);
  }

  pause(): void {
    this.#req.pause();
  }

  resume(): void {
    this.#req.resume();
  }

  stop(): void {
    if (this.#listener !== undefined) {
      this.#listener = undefined;
      this.#req.off("data", this.#onPart).off("end", this.#onEnd);
    }
  }

  begin(header: ResponseFields): void {
    stopUnreadBody(this.#req, this.#res);
    // A copy, as for calls with one message.
    this.#res.writeHead(200, { ...header });
  }

  flush(): void {
    this.#res.flushHeaders();
  }

  get unsentBytes(): number {
    return this.#res.writableLength;
  }

  write(bytes: Uint8Array, onSent: (error?: Error | null) => void): void {
    this.#res.write(bytes, onSent);
  }

  /** Of the trailer nothing is sent: only gRPC has one, and it is not served over HTTP/1.1. */
  end(): void {
    this.#res.end();
  }
}
