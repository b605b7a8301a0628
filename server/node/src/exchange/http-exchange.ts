import type { IncomingHttpHeaders } from "node:http";
import type { CallRequest } from "../handler.ts";
import type { Arriving } from "./arrivals.ts";
import type { BodyReader } from "./body.ts";

/** Fields of a header or trailer, ready to be sent: names in lower case. */
export type ResponseFields = Readonly<Record<string, string | string[]>>;

/** A whole answer. */
export interface Answer {
  /** The status of HTTP. */
  readonly status: number;
  readonly header: ResponseFields;
  readonly body: Uint8Array | undefined;
  /** What follows the body over HTTP/2. */
  readonly trailer: ResponseFields | undefined;
}

/** A request and the way to answer it, over either version of HTTP. */
export interface HttpExchange extends Arriving {
  /** The request, as far as it says where it comes from. */
  readonly request: CallRequest;
  /** What it came over. */
  readonly connection: object;
  readonly header: IncomingHttpHeaders;
  /** Whether no answer can reach the client any more. */
  readonly isGone: boolean;
  /** Go on once all that came with the header has been parsed: before, `isComplete` is false of every request. */
  whenParsed(next: () => void): void;
  /** Read the body, of which nothing is read before. */
  receive(reader: BodyReader): void;
  /** Call back once when the caller has left or has got everything. */
  onClose(listener: (reason: unknown) => void): void;
  /** Throw away what waits to be sent, because too much does. */
  breakOff(): void;
  /** Answer. Does nothing when the caller is gone. @throws when Node does not take the header */
  send(answer: Answer): void;
  /** Answer that something went wrong beside the call, after an answer could not be sent. */
  sendFailure(): void;
}
