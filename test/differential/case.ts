/** Header fields in order, as they go over the wire: names may stand twice. */
export type HeaderFields = readonly (readonly [name: string, value: string])[];

/** How a client writes a request: what is sent, and what is waited for before the next. */
export type Step =
  /** Bytes of the body. */
  | Uint8Array
  /** The end of the body: END_STREAM over HTTP/2, nothing over HTTP/1.1, where the header says how long it is. */
  | "end"
  /** RST_STREAM with CANCEL over HTTP/2; the connection is destroyed over HTTP/1.1. */
  | "reset"
  /** RST_STREAM with NO_ERROR, over HTTP/2 only. */
  | "reset quietly"
  /** The client's side of the connection is closed (FIN). */
  | "half-close"
  /** Until the handler has been called. */
  | "until handler"
  /** Until the gate has been asked. */
  | "until gate"
  /** The server's shutdown signal is aborted. */
  | "shutdown"
  /** Until so many bytes of the answer's body have come, over HTTP/2 only. */
  | { readonly untilBytes: number }
  /** The server's clock goes forward, after so many seconds. */
  | { readonly passSeconds: number };

/** The servers that cases are sent to. */
export type Setup =
  /** The gate and interceptors of createAuth, as `countersign serve` has them. */
  | "own"
  /** The same between interceptors of a user's, and behind a gate of a user's that answers with a promise. */
  | "intercepted"
  /** The same interceptors in the routes: one of createAuth's, one of the service's. */
  | "intercepted routes"
  /** A gate that refuses and fails in ways of its own. */
  | "own gate"
  /** As `own`, with the limits of a server that was told none. */
  | "large"
  /** As `own`, with options for JSON and binary: of the server, and others of the service. */
  | "own codecs"
  | "own codecs of the service"
  /** As `own`, over TLS. */
  | "tls"
  /** A server that ends with the case. */
  | "single use"
  /** A server that gives a request no time to arrive. */
  | "impatient";

/** One request. */
export interface Case {
  readonly name: string;
  /** Default: `own`. */
  readonly setup?: Setup;
  /** Default: `h2`. */
  readonly transport?: "h2" | "http1";
  /** Default: `POST`. */
  readonly verb?: string;
  /** Default: the method `Open`, which anyone may call. */
  readonly path?: string;
  readonly fields: HeaderFields;
  readonly steps: readonly Step[];
  /** Whether it is about a deadline that passes: a busy machine can hold up one side. A real difference is there every time. */
  readonly isTimed?: boolean;
  /** Whether it has two outcomes on one server already, by which of two things comes first. A real difference is there every time. */
  readonly isChance?: boolean;
}

/** Find the path of a method of the service. */
export function pathOf(method: string, query = ""): string {
  return `/test.v1.EchoService/${method}${query}`;
}
