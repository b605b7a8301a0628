import type { HandlerContext } from "@connectrpc/connect";
import { createLazyView, type OnHeaderSent } from "@countersign/server/internal";
import { trailerMux } from "../connect-protocol.ts";
import { dropConnectionFields } from "../exchange/connection-fields.ts";
import type { HttpExchange, ResponseFields } from "../exchange/http-exchange.ts";
import { toFields } from "../exchange/to-fields.ts";
import type { CallParts } from "./call-parts.ts";
import { CallSignal } from "./call-signal.ts";
import { RequestHeader } from "./request-header.ts";

/** One call. A class: closures over its state would cost more than the state. */
export class Call<Parts extends CallParts = CallParts> {
  readonly parts: Parts;
  readonly exchange: HttpExchange;
  readonly signal: CallSignal;
  readonly header: RequestHeader;
  /** What the gate, the interceptors and the handler see of it. */
  readonly context: HandlerContext;
  /** Whether the gate still decides. */
  isAtGate = true;
  /** Is told of the header of a stream that has been sent, and of the copy that is read then. */
  onHeaderSent: OnHeaderSent | undefined;
  #responseHeader: Headers | undefined;
  /** The header that was sent. */
  #sentFields: ResponseFields | undefined;
  #responseTrailer: Headers | undefined;

  constructor(parts: Parts, exchange: HttpExchange, shutdownSignal: AbortSignal | undefined) {
    this.parts = parts;
    this.exchange = exchange;
    this.header = new RequestHeader(exchange.header);
    this.signal = new CallSignal(exchange, parts.head.timeoutMs, shutdownSignal);
    this.context = createContext(this);
  }

  get responseHeader(): Headers {
    this.#responseHeader ??=
      this.#sentFields === undefined
        ? new Headers(this.parts.head.defaultHeader)
        : this.#copyHeader(this.#sentFields);
    return this.#responseHeader;
  }

  get responseTrailer(): Headers {
    this.#responseTrailer ??= new Headers(this.parts.head.defaultTrailer);
    return this.#responseTrailer;
  }

  /** Whether the header or the trailer of the answer was read, and so may have been changed. */
  get hasResponseFields(): boolean {
    return this.#responseHeader !== undefined || this.#responseTrailer !== undefined;
  }

  /** The header of the answer, to be sent. */
  get headerFields(): ResponseFields {
    return this.#responseHeader === undefined
      ? this.parts.head.defaultHeader
      : toFields(this.#responseHeader);
  }

  /** Take the header of a stream, which is sent now and may last for hours: what still reads it then reads a copy. */
  takeHeaderFields(): ResponseFields {
    this.#sentFields = this.headerFields;
    if (this.#responseHeader !== undefined) {
      this.onHeaderSent?.(this.#responseHeader);
      this.#responseHeader = undefined;
    }
    return this.#sentFields;
  }

  #copyHeader(fields: ResponseFields): Headers {
    const header = toHeaders(fields);
    this.onHeaderSent?.(header);
    return header;
  }

  /** The trailer of the answer, to be sent over HTTP/2. */
  get trailerFields(): ResponseFields {
    if (this.#responseTrailer === undefined) {
      return this.parts.head.defaultTrailer;
    }
    const fields = toFields(this.#responseTrailer);
    dropConnectionFields(fields);
    return fields;
  }

  /** The header with the trailer and the length of the body in it, as Connect has it: in the order of the names. */
  toMuxedHeader(bodyBytes: number): ResponseFields {
    const length = String(bodyBytes);
    if (!this.hasResponseFields) {
      return { "content-length": length, ...this.parts.head.defaultHeader };
    }
    const muxed = trailerMux(this.responseHeader, this.responseTrailer);
    muxed.set("content-length", length);
    return toFields(muxed);
  }
}

function toHeaders(fields: ResponseFields): Headers {
  const headers = new Headers();
  for (const [name, value] of Object.entries(fields)) {
    for (const one of Array.isArray(value) ? value : [value]) {
      headers.append(name, one);
    }
  }
  return headers;
}

/** What Connect's contexts have, too. */
interface CallContext extends HandlerContext {
  readonly abort: (reason?: unknown) => void;
}

const createContext: (call: Call) => HandlerContext = createLazyView<CallContext, Call>({
  method: ({ parts }) => parts.method.spec.method,
  service: ({ parts }) => parts.method.spec.method.parent,
  requestMethod: () => "POST",
  protocolName: ({ parts }) => parts.head.protocol,
  url: ({ parts }) => parts.url,
  signal: ({ signal }) => signal.signal,
  timeoutMs:
    ({ signal }) =>
    () =>
      signal.remainingMs,
  // The gate looks up a field or two; interceptors and handlers get true Headers.
  requestHeader: ({ header, isAtGate }) => (isAtGate ? header : header.toHeaders()),
  responseHeader: (call) => call.responseHeader,
  responseTrailer: (call) => call.responseTrailer,
  abort:
    ({ signal }) =>
    (reason) =>
      signal.abort(reason),
  values: ({ parts }) => parts.values,
});
