import type { IncomingHttpHeaders, ServerHttp2Stream } from "node:http2";
import { ON_OPENED, type OpeningListener } from "@countersign/server/internal";
import type { CallRequest } from "../handler.ts";

/** The request of a stream, as far as the values of its call are made from it. A class: one is made for every call. */
export class Http2CallRequest implements CallRequest {
  readonly stream: ServerHttp2Stream;
  readonly headers: IncomingHttpHeaders;
  readonly rawHeaders: readonly string[];
  [ON_OPENED]: OpeningListener | undefined = undefined;

  constructor(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, rawHeaders: readonly string[]) {
    this.stream = stream;
    this.headers = headers;
    this.rawHeaders = rawHeaders;
  }

  /** A stream that is over has no connection any more, but the same properties, as with Node's own requests. */
  get socket(): CallRequest["socket"] {
    return this.stream.session?.socket ?? this.stream;
  }

  get method(): string | undefined {
    return this.headers[":method"];
  }

  get url(): string | undefined {
    return this.headers[":path"];
  }
}
