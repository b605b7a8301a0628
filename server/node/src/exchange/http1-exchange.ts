import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";
import type { CallRequest } from "../handler.ts";
import { respondFailure } from "../respond.ts";
import { type BodyReader, feed } from "./body.ts";
import { toConnectionError } from "./close-reason.ts";
import type { Answer, HttpExchange } from "./http-exchange.ts";
import { stopUnreadBody, whenParsed } from "./reject-early.ts";

/** A request over HTTP/1.1, whose errors have a listener. A class: one is made for every call. */
export class Http1Exchange implements HttpExchange {
  readonly #req: IncomingMessage;
  readonly #res: ServerResponse;

  constructor(req: IncomingMessage, res: ServerResponse) {
    this.#req = req;
    this.#res = res;
  }

  get request(): CallRequest {
    return this.#req;
  }

  get connection(): object {
    return this.#req.socket;
  }

  get header(): IncomingHttpHeaders {
    return this.#req.headers;
  }

  get isGone(): boolean {
    return this.#res.destroyed;
  }

  get isComplete(): boolean {
    return this.#req.complete;
  }

  whenParsed(next: () => void): void {
    whenParsed(this.#req, next);
  }

  receive(reader: BodyReader): void {
    feed(reader, this.#req);
    // Unlike that of a stream of HTTP/2, a body that breaks off has no end.
    this.#req.once("error", () => reader.breakOff());
  }

  onClose(listener: (reason: unknown) => void): void {
    // Whichever comes first: the request ends with its last byte, the response with the connection.
    this.#req.once("error", (error) => listener(toConnectionError(error)));
    this.#res.once("close", () => listener(toConnectionError(this.#req.errored)));
  }

  hangUp(): void {
    this.#req.socket.destroy();
  }

  breakOff(): void {
    this.#req.socket.destroy();
  }

  send({ status, header, body }: Answer): void {
    if (this.isGone) {
      return;
    }
    stopUnreadBody(this.#req, this.#res);
    // A copy: it may be that of other answers, and others may stand around this function of Node's.
    this.#res.writeHead(status, { ...header });
    this.#res.end(body);
  }

  sendFailure(): void {
    respondFailure(this.#res);
  }
}
