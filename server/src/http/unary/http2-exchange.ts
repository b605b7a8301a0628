import {
  constants,
  Http2ServerRequest,
  Http2ServerResponse,
  type IncomingHttpHeaders,
  type ServerHttp2Stream,
} from "node:http2";
import type { Readable } from "node:stream";
import { resetBehindResponse } from "../reject-early.ts";
import { respondJson } from "../respond.ts";
import { toResetError } from "./close-reason.ts";
import type { SentFields, UnaryAnswer, UnaryExchange } from "./exchange.ts";

/** A request over HTTP/2, straight from Node's stream. */
export interface Http2Request {
  readonly stream: ServerHttp2Stream;
  readonly header: IncomingHttpHeaders;
  readonly rawHeaders: readonly string[];
  /** Where the request was sent. */
  readonly url: string;
  /** Fields of every answer to it. */
  readonly sentAlways: SentFields;
}

/** A class: one is made for every call. */
export class Http2Exchange implements UnaryExchange {
  readonly #request: Http2Request;

  constructor(request: Http2Request) {
    this.#request = request;
    // What the call must know of errors, its close says.
    request.stream.on("error", ignore);
  }

  get header(): IncomingHttpHeaders {
    return this.#request.header;
  }

  get body(): Readable {
    return this.#request.stream;
  }

  get url(): string {
    return this.#request.url;
  }

  isGone(): boolean {
    const { stream } = this.#request;
    return stream.destroyed || stream.closed;
  }

  onClose(listener: (reason: unknown) => void): void {
    const { stream } = this.#request;
    const tell = (): void => listener(toResetError(stream.rstCode));
    if (stream.destroyed) tell();
    else stream.once("close", tell);
  }

  isComplete(): boolean {
    const { stream } = this.#request;
    return stream.readableEnded || stream.closed || stream.destroyed;
  }

  hangUp(): void {
    this.#request.stream.close(constants.NGHTTP2_CANCEL);
  }

  send({ status, header, body, trailer }: UnaryAnswer): void {
    const { stream, sentAlways } = this.#request;
    if (this.isGone()) return;
    // Over HTTP/2 there are no connections to speak of: Node takes no such field.
    const { connection: _, ...fields } = header;
    stream.respond({ ":status": status, ...sentAlways, ...fields }, { waitForTrailers: true });
    stream.once("wantTrailers", () => stream.sendTrailers({ ...trailer }));
    resetBehindResponse(stream);
    stream.end(body);
  }

  sendFailure(): void {
    const { stream, header, rawHeaders, sentAlways } = this.#request;
    if (this.isGone()) return;
    if (stream.headersSent) {
      stream.destroy();
      return;
    }
    new Http2ServerRequest(stream, header, {}, [...rawHeaders]);
    const res = new Http2ServerResponse(stream);
    for (const [name, value] of Object.entries(sentAlways)) res.setHeader(name, String(value));
    respondJson(res, 500, { code: "internal", message: "internal error" });
  }
}

function ignore(): void {}
