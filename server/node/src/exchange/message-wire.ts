import type { ResponseFields } from "./http-exchange.ts";

/** Gets the body of a request as it comes. */
export interface PartListener {
  onPart(part: Buffer): void;
  /** No more of it will come. It may have been broken off: then the exchange is gone. */
  onEnd(): void;
}

/** Both ways of a request whose messages come and go while it lasts. */
export interface MessageWire {
  /** Begin to read the body. Call it once at most. */
  receive(listener: PartListener): void;
  /** Let nothing more come until `resume`. */
  pause(): void;
  resume(): void;
  /** Read no more of the body, whatever comes. */
  stop(): void;
  /** Send the header of the answer, whose status is 200. @throws when Node does not take it */
  begin(header: ResponseFields): void;
  /** Send a header that has begun now, although no part of the answer follows it. */
  flush(): void;
  /** How many bytes of the answer wait in this process until the client takes them. */
  readonly unsentBytes: number;
  /** Send a part of the answer. @param onSent called when it waits no longer; with an error when it will not be sent */
  write(bytes: Uint8Array, onSent: (error?: Error | null) => void): void;
  /** End the answer. @param trailer what follows it over HTTP/2 */
  end(trailer: ResponseFields): void;
}
