import type { Message } from "@bufbuild/protobuf";
import type { Any } from "@bufbuild/protobuf/wkt";

// The messages of the suite, as far as the service looks at them. They are made from the suite's descriptors at run
// time: none of its protos is part of this project.

/** A name with its values. */
export interface Header {
  readonly name: string;
  readonly value: readonly string[];
}

/** The error that a call is to end with. */
export interface WantedError {
  readonly code: number;
  readonly message?: string;
  readonly details: readonly Any[];
}

/** How a call that has one answer is to be answered. */
export interface UnaryDefinition {
  readonly responseHeaders: readonly Header[];
  readonly responseTrailers: readonly Header[];
  readonly responseDelayMs: number;
  readonly response:
    | { readonly case: "responseData"; readonly value: Uint8Array }
    | { readonly case: "error"; readonly value: WantedError }
    | { readonly case: undefined };
}

/** How a call that has several answers is to be answered. */
export interface StreamDefinition {
  readonly responseHeaders: readonly Header[];
  readonly responseTrailers: readonly Header[];
  readonly responseData: readonly Uint8Array[];
  readonly responseDelayMs: number;
  readonly error?: WantedError;
}

/** A request of a method that has one answer. */
export interface UnaryRequest extends Message {
  readonly responseDefinition?: UnaryDefinition;
}

/** A request of a method that has several answers. */
export interface StreamRequest extends Message {
  readonly responseDefinition?: StreamDefinition;
  readonly fullDuplex?: boolean;
}

/** What is asked of a server before it starts. */
export interface ServerRequest extends Message {
  readonly useTls: boolean;
  readonly clientTlsCert: Uint8Array;
  readonly messageReceiveLimit: number;
  readonly serverCreds?: { readonly cert: Uint8Array; readonly key: Uint8Array };
}
