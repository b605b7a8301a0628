import type { IncomingHttpHeaders } from "node:http2";
import { appendHeaders, Code, ConnectError } from "@connectrpc/connect";
import { errorFromJsonBytes, validateResponseWithCompression } from "@connectrpc/connect/protocol-connect";
import { assertSize } from "../http2/frames.ts";
import type { HeadFields } from "../http2/http2-exchange.ts";
import { decompressData } from "../http2/received-frame.ts";
import { ReceivedHeaders } from "../http2/received-headers.ts";
import type { AnswerOptions, UnaryAnswer, UnaryResult } from "../http2/wire-protocol.ts";

type Head = Partial<ReturnType<typeof validateResponseWithCompression>>;

const PLAIN: Head = {};
const TRAILER_PREFIX = "trailer-";

/** The answer of a call with one message, which is its body. */
export class ConnectUnaryAnswer implements UnaryAnswer {
  readonly header: ReceivedHeaders = new ReceivedHeaders();
  readonly trailer: ReceivedHeaders = new ReceivedHeaders();
  readonly #options: AnswerOptions;
  readonly #result: UnaryResult;
  #head = PLAIN;
  #parts: Uint8Array[] = [];
  #bytes = 0;

  constructor(options: AnswerOptions, result: UnaryResult) {
    this.#options = options;
    this.#result = result;
  }

  /** Nothing of it is ever left unread by this class itself. */
  readFrom(): void {}

  onHead(fields: HeadFields): void {
    const { acceptCompression, readMaxBytes } = this.#options.messages;
    const isPlain =
      fields[":status"] === 200 &&
      fields["content-type"] === "application/proto" &&
      fields["content-encoding"] === undefined;
    if (!isPlain) {
      const headers = new ReceivedHeaders(fields).toHeaders();
      const status = fields[":status"] ?? 0;
      this.#head = validateResponseWithCompression("unary", [...acceptCompression], true, status, headers);
    }
    const { header, trailer } = splitFields(fields);
    this.header.receive(header);
    this.trailer.receive(trailer);
    const length = Number.parseInt(fields["content-length"] ?? "", 10);
    assertSize(length >= 0 ? length : 0, readMaxBytes);
  }

  onData(chunk: Uint8Array): void {
    const { readMaxBytes } = this.#options.messages;
    this.#parts.push(chunk);
    this.#bytes += chunk.length;
    if (this.#bytes > readMaxBytes) {
      const message = `message size is larger than configured readMaxBytes ${readMaxBytes}`;
      throw new ConnectError(message, Code.ResourceExhausted);
    }
  }

  onEnd(): void {
    const data = joinParts(this.#parts, this.#bytes);
    const { compression } = this.#head;
    if (compression === undefined) {
      this.#conclude(data);
      return;
    }
    const { readMaxBytes: maxBytes } = this.#options.messages;
    decompressData(data, { compression, maxBytes }).then(this.#conclude, this.#result.reject);
  }

  onFailure(error: ConnectError): void {
    this.#result.reject(error);
  }

  readonly #conclude = (data: Uint8Array): void => {
    try {
      this.#result.resolve(this.#read(data));
    } catch (error) {
      this.#result.reject(error);
    }
  };

  #read(data: Uint8Array): ReturnType<AnswerOptions["decode"]> {
    const { unaryError } = this.#head;
    if (unaryError !== undefined) {
      const metadata = appendHeaders(this.header, this.trailer);
      throw errorFromJsonBytes(data as Uint8Array<ArrayBuffer>, metadata, unaryError); // no other thread shares it
    }
    return this.#options.decode(data);
  }
}

/** The fields of an answer. */
interface AnswerFields {
  readonly header: IncomingHttpHeaders;
  readonly trailer: IncomingHttpHeaders | undefined;
}

/** Tell the fields of the trailer, which come in the header, from the others. */
function splitFields(fields: HeadFields): AnswerFields {
  const names = Object.keys(fields).filter((name) => name.startsWith(TRAILER_PREFIX));
  if (names.length === 0) {
    return { header: fields, trailer: undefined };
  }
  const header: IncomingHttpHeaders = { ...fields };
  const trailer: IncomingHttpHeaders = {};
  for (const name of names) {
    trailer[name.slice(TRAILER_PREFIX.length)] = fields[name];
    delete header[name];
  }
  return { header, trailer };
}

function joinParts(parts: readonly Uint8Array[], bytes: number): Uint8Array {
  const [first] = parts;
  if (first !== undefined && parts.length === 1) {
    return first;
  }
  const joined = new Uint8Array(bytes);
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}
