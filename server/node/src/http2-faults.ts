import { constants, type ServerHttp2Session, type ServerHttp2Stream } from "node:http2";
import { systemClock } from "@countersign/server/internal";
import type { HttpLimits } from "./limits.ts";

/** What a stream is reset with that its client has made the server reset, and what breaks off what takes too much. */
const FAULTS: ReadonlySet<number | undefined> = new Set([
  constants.NGHTTP2_PROTOCOL_ERROR,
  constants.NGHTTP2_FLOW_CONTROL_ERROR,
  constants.NGHTTP2_STREAM_CLOSED,
  constants.NGHTTP2_FRAME_SIZE_ERROR,
  constants.NGHTTP2_ENHANCE_YOUR_CALM,
]);

/**
 * Close a connection of HTTP/2 whose client makes the server reset streams, as with a trailer that is none or has too many
 * fields: it counts like a client's own resets, which Node counts alone. Either way a handler runs for each, and the
 * limit of calls at a time never bites.
 */
export function limitHttp2Faults(
  session: ServerHttp2Session,
  { maxStreamResets, streamResetsPerSecond }: Pick<HttpLimits, "maxStreamResets" | "streamResetsPerSecond">,
): void {
  let resetsLeft = maxStreamResets;
  let countedAtMs = systemClock.monotonicMs();
  // One for all streams: a call without faults costs no function of its own.
  function onClose(this: ServerHttp2Stream): void {
    if (!FAULTS.has(this.rstCode)) {
      return;
    }
    const nowMs = systemClock.monotonicMs();
    const forgotten = ((nowMs - countedAtMs) / 1_000) * streamResetsPerSecond;
    countedAtMs = nowMs;
    resetsLeft = Math.min(maxStreamResets, resetsLeft + forgotten) - 1;
    if (resetsLeft < 0 && !session.destroyed) {
      session.destroy(undefined, constants.NGHTTP2_ENHANCE_YOUR_CALM);
    }
  }
  session.on("stream", (stream) => stream.on("close", onClose));
}
