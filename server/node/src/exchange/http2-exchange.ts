import {
  constants,
  Http2ServerRequest,
  Http2ServerResponse,
  type IncomingHttpHeaders,
  type ServerHttp2Stream,
} from "node:http2";
import type { CallRequest } from "../handler.ts";
import { respondFailure } from "../respond.ts";
import { type BodyReader, feed } from "./body.ts";
import { toResetError } from "./close-reason.ts";
import type { Answer, HttpExchange, ResponseFields } from "./http-exchange.ts";
import type { Http2CallRequest } from "./http2-request.ts";
import { resetBehindResponse } from "./reject-early.ts";

/** A request over HTTP/2, straight from Node's stream. A class: one is made for every call. */
export class Http2Exchange implements HttpExchange {
  readonly #request: Http2CallRequest;
  readonly #corsFields: ResponseFields;
  readonly #stream: ServerHttp2Stream;
  /** Undefined: it was not listened for. */
  #closeListeners: readonly ((reason: unknown) => void)[] | undefined;

  /** @param corsFields fields of every answer to the request */
  constructor(request: Http2CallRequest, corsFields: ResponseFields) {
    this.#request = request;
    this.#corsFields = corsFields;
    this.#stream = request.stream;
    // What the call must know of errors, its close says.
    this.#stream.on("error", ignore);
  }

  get request(): CallRequest {
    return this.#request;
  }

  /** The stream itself when it is over, and has none any more. */
  get connection(): object {
    return this.#stream.session ?? this.#stream;
  }

  get header(): IncomingHttpHeaders {
    return this.#request.headers;
  }

  get isGone(): boolean {
    return this.#stream.destroyed || this.#stream.closed;
  }

  get isComplete(): boolean {
    return this.#stream.readableEnded || this.isGone;
  }

  whenParsed(next: () => void): void {
    next();
  }

  receive(reader: BodyReader): void {
    feed(reader, this.#stream);
    // Node ends the body of a stream that was reset with NO_ERROR or CANCEL. That of any other it destroys without an end.
    if (!this.#stream.readableEnded) {
      this.#stream.once("close", () => reader.breakOff());
    }
  }

  onClose(listener: (reason: unknown) => void): void {
    const stream = this.#stream;
    if (stream.destroyed) {
      listener(toResetError(stream.rstCode));
      return;
    }
    if (this.#closeListeners !== undefined) {
      this.#closeListeners = this.#closeListeners.concat(listener);
      return;
    }
    this.#closeListeners = [listener];
    const notify = (): void => {
      const listeners = this.#closeListeners ?? [];
      this.#closeListeners = undefined;
      stream.off("aborted", notify).off("close", notify);
      for (const one of listeners) {
        one(toResetError(stream.rstCode));
      }
    };
    // Node closes a stream that was reset with NO_ERROR only when its body has been read, and a handler may not read on.
    stream.on("aborted", notify).on("close", notify);
  }

  hangUp(): void {
    this.#stream.close(constants.NGHTTP2_CANCEL);
  }

  breakOff(): void {
    this.#stream.close(constants.NGHTTP2_ENHANCE_YOUR_CALM);
  }

  send({ status, header, body, trailer }: Answer): void {
    const stream = this.#stream;
    if (this.isGone) {
      return;
    }
    const fields = { ":status": status, ...this.#corsFields, ...header };
    // Over HTTP/2 there are no connections to speak of: Node takes no such field.
    if ("connection" in fields) {
      delete fields.connection;
    }
    const waitForTrailers = trailer !== undefined || !stream.readableEnded;
    stream.respond(fields, { waitForTrailers });
    if (waitForTrailers) {
      stream.on("wantTrailers", () => stream.sendTrailers(trailer ?? {}));
      resetBehindResponse(stream);
    }
    stream.end(body);
  }

  sendFailure(): void {
    const { headers, rawHeaders } = this.#request;
    if (this.isGone) {
      return;
    }
    // The form in which Node hands streams over to other handlers.
    new Http2ServerRequest(this.#stream, headers, {}, rawHeaders);
    const res = new Http2ServerResponse(this.#stream);
    respondFailure(res);
  }
}

function ignore(): void {}
