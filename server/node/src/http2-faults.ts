import { constants, type ServerHttp2Session, type ServerHttp2Stream } from "node:http2";
import { systemClock } from "@countersign/server/internal";
import type { SessionFollower } from "./follow-session.ts";
import type { HttpLimits } from "./limits.ts";

/** How many streams may be reset. */
type FaultLimits = Pick<HttpLimits, "maxStreamResets" | "streamResetsPerSecond">;

/** What a stream is reset with that its client has made the server reset, and what breaks off what takes too much. */
const FAULTS: ReadonlySet<number | undefined> = new Set([
  constants.NGHTTP2_PROTOCOL_ERROR,
  constants.NGHTTP2_FLOW_CONTROL_ERROR,
  constants.NGHTTP2_STREAM_CLOSED,
  constants.NGHTTP2_FRAME_SIZE_ERROR,
  constants.NGHTTP2_ENHANCE_YOUR_CALM,
]);

/**
 * Closes a connection of HTTP/2 whose client makes the server reset streams, as with a trailer that is none or has too many
 * fields: it counts like a client's own resets, which Node counts alone. Either way a handler runs for each, and the
 * limit of calls at a time never bites.
 *
 * A class: one is made for every connection.
 */
export class Http2Faults implements SessionFollower {
  readonly #session: ServerHttp2Session;
  readonly #limits: FaultLimits;
  #resetsLeft: number;
  #countedAtMs = systemClock.monotonicMs();

  constructor(session: ServerHttp2Session, limits: FaultLimits) {
    this.#session = session;
    this.#limits = limits;
    this.#resetsLeft = limits.maxStreamResets;
  }

  onStream(): void {}

  onStreamClose({ rstCode }: ServerHttp2Stream): void {
    if (!FAULTS.has(rstCode)) {
      return;
    }
    const { maxStreamResets, streamResetsPerSecond } = this.#limits;
    const nowMs = systemClock.monotonicMs();
    const forgotten = ((nowMs - this.#countedAtMs) / 1_000) * streamResetsPerSecond;
    this.#countedAtMs = nowMs;
    this.#resetsLeft = Math.min(maxStreamResets, this.#resetsLeft + forgotten) - 1;
    if (this.#resetsLeft < 0 && !this.#session.destroyed) {
      this.#session.destroy(undefined, constants.NGHTTP2_ENHANCE_YOUR_CALM);
    }
  }

  onSettings(): void {}

  onClose(): void {}
}
