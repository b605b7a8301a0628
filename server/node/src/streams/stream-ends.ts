import { toCallError } from "../call/call-error.ts";
import type { ProtocolName } from "../call/call-parts.ts";
import {
  createEndStreamSerialization,
  endStreamFlag,
  setTrailerStatus,
  trailerFlag,
  trailerSerialize,
} from "../connect-protocol.ts";
import type { Frame } from "../exchange/frame-reader.ts";
import type { ResponseFields } from "../exchange/http-exchange.ts";
import type { StreamCall } from "./stream-call.ts";

/** How a stream ends on the wire. */
export interface StreamEnd {
  /** What is sent behind the last message. */
  readonly frame: Frame | undefined;
  /** What follows the body over HTTP/2. */
  readonly trailer: ResponseFields;
}

/** Why a stream ends; undefined: it has come to its end. */
export type EndReason = { readonly error: unknown } | undefined;

/** How each protocol ends a stream. */
export const STREAM_ENDS: Readonly<Record<ProtocolName, (call: StreamCall, reason: EndReason) => StreamEnd>> =
  {
    grpc(call, reason) {
      if (reason !== undefined) {
        setTrailerStatus(call.responseTrailer, toCallError(reason.error));
      }
      return { frame: undefined, trailer: { ...call.trailerFields } };
    },
    "grpc-web"(call, reason) {
      if (reason !== undefined) {
        setTrailerStatus(call.responseTrailer, toCallError(reason.error));
      }
      return { frame: { flags: trailerFlag, data: trailerSerialize(call.responseTrailer) }, trailer: {} };
    },
    connect(call, reason) {
      const serialization = createEndStreamSerialization(call.parts.method.jsonOptions);
      const error = reason === undefined ? undefined : toCallError(reason.error);
      const end = { metadata: call.responseTrailer, ...(error === undefined ? {} : { error }) };
      return { frame: { flags: endStreamFlag, data: serialization.serialize(end) }, trailer: {} };
    },
  };
