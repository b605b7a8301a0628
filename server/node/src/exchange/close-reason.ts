import { constants } from "node:http2";
import { Code, ConnectError } from "@connectrpc/connect";

/** The codes of RST_STREAM that mean an error (RFC 9113 §7), with what Connect makes of them. */
const RESETS = {
  PROTOCOL_ERROR: Code.Internal,
  INTERNAL_ERROR: Code.Internal,
  FLOW_CONTROL_ERROR: Code.Internal,
  SETTINGS_TIMEOUT: Code.Internal,
  FRAME_SIZE_ERROR: Code.Internal,
  REFUSED_STREAM: Code.Unavailable,
  CANCEL: Code.Canceled,
  COMPRESSION_ERROR: Code.Internal,
  CONNECT_ERROR: Code.Internal,
  ENHANCE_YOUR_CALM: Code.ResourceExhausted,
  INADEQUATE_SECURITY: Code.PermissionDenied,
  HTTP_1_1_REQUIRED: Code.PermissionDenied,
} as const;

const RESETS_BY_NUMBER = new Map(
  Object.entries(RESETS).map(([name, code]) => [
    constants[`NGHTTP2_${name as keyof typeof RESETS}`], // the keys of the table above
    { name, code },
  ]),
);

/** Find the reason that a call's signal has when its HTTP/2 stream was closed; `undefined` when that was no error. */
export function toResetError(rstCode: number): ConnectError | undefined {
  const reset = RESETS_BY_NUMBER.get(rstCode);
  if (reset === undefined) {
    return undefined;
  }
  const number = `0x${rstCode.toString(16)}`;
  return new ConnectError(`http/2 stream closed with error code ${reset.name} (${number})`, reset.code);
}

/** Find the reason that a call's signal has when its HTTP/1.1 connection failed; `undefined` when it has not. */
export function toConnectionError(error: Error | null): ConnectError | undefined {
  if (error === null) {
    return undefined;
  }
  const isReset = "code" in error && error.code === "ECONNRESET";
  const reason = ConnectError.from(error, isReset ? Code.Aborted : Code.Internal);
  if (reason !== error) {
    reason.cause = error;
  }
  return reason;
}
