import type { ContextValues } from "@connectrpc/connect";
import { trailerMux } from "@connectrpc/connect/protocol-connect";
import { dropConnectionFields } from "../connection-fields.ts";
import { CallSignal } from "./call-signal.ts";
import type { SentFields, UnaryExchange } from "./exchange.ts";
import type { UnaryHead } from "./head.ts";
import type { UnaryMethod } from "./methods.ts";
import { RequestHeader } from "./request-header.ts";

/** What is known of a call before anything of it is done. */
export interface UnaryCallParts {
  readonly method: UnaryMethod;
  readonly head: UnaryHead;
  /** Where it was sent. */
  readonly url: string;
  readonly values: ContextValues;
}

/** One unary call. A class: closures over its state would cost more than the state. */
export class UnaryCall {
  readonly parts: UnaryCallParts;
  readonly exchange: UnaryExchange;
  readonly signal: CallSignal;
  readonly header: RequestHeader;
  /** Whether the gate still decides. */
  isGated = true;
  #responseHeader: Headers | undefined;
  #responseTrailer: Headers | undefined;

  constructor(parts: UnaryCallParts, exchange: UnaryExchange, shutdownSignal: AbortSignal | undefined) {
    this.parts = parts;
    this.exchange = exchange;
    this.header = new RequestHeader(exchange.header);
    this.signal = new CallSignal(exchange, parts.head.timeoutMs, shutdownSignal);
  }

  get responseHeader(): Headers {
    this.#responseHeader ??= new Headers(this.parts.head.sentHeader);
    return this.#responseHeader;
  }

  get responseTrailer(): Headers {
    this.#responseTrailer ??= new Headers(this.parts.head.sentTrailer);
    return this.#responseTrailer;
  }

  /** Whether somebody has asked for the header or the trailer of the answer, and may have changed them. */
  get hasResponseFields(): boolean {
    return this.#responseHeader !== undefined || this.#responseTrailer !== undefined;
  }

  /** The header of the answer, to be sent. */
  get sentHeader(): SentFields {
    return this.#responseHeader === undefined ? this.parts.head.sentHeader : toFields(this.#responseHeader);
  }

  /** The trailer of the answer, to be sent over HTTP/2. */
  get sentTrailer(): SentFields {
    if (this.#responseTrailer === undefined) return this.parts.head.sentTrailer;
    const fields = toFields(this.#responseTrailer);
    dropConnectionFields(fields);
    return fields;
  }

  /** The header with the trailer in it, as Connect has it. */
  get muxedHeader(): SentFields {
    return this.#responseTrailer === undefined
      ? this.sentHeader
      : toFields(trailerMux(this.responseHeader, this.#responseTrailer));
  }
}

/** Convert to what Node sends: only `set-cookie` has values that must not be joined. */
function toFields(headers: Headers): Record<string, string | string[]> {
  const fields: Record<string, string | string[]> = {};
  headers.forEach((value, name) => {
    fields[name] = value;
  });
  const cookies = headers.getSetCookie();
  if (cookies.length > 1) fields["set-cookie"] = cookies;
  return fields;
}
