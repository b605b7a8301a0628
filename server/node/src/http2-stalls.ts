import { constants, type ServerHttp2Session, type ServerHttp2Stream } from "node:http2";
import type { Cancel } from "@countersign/server";
import { repeat, systemClock } from "@countersign/server/internal";
import { afterReading } from "./exchange/after-reading.ts";
import type { SessionFollower } from "./follow-session.ts";

/** Closes connections of HTTP/2 whose client leaves a header half sent. */
export interface Http2Stalls {
  /** Follow a connection until it is closed. */
  follow(session: ServerHttp2Session): SessionFollower;
}

/** How often connections are looked at while one has time to send its header: what is late is late by a quarter at most. */
const LOOKS = 4;

/**
 * Create what closes a connection whose client does not send its settings, or leaves the header of a request or a
 * trailer half sent, for `timeoutMs` milliseconds. CONTINUATION frames that trickle in give it no more time.
 *
 * Node tells of headers only when they are whole, and has no deadline for them. Its session says which stream was begun
 * last: a higher one than the last whose header came may be half sent, or was not well-formed. A client that answers a
 * PING is at none: nothing may stand between the frames of a header ([RFC 9113
 * §4.3](https://www.rfc-editor.org/rfc/rfc9113#section-4.3)).
 */
export function createHttp2Stalls(timeoutMs: number): Http2Stalls {
  const followed = new Set<StallFollower>();
  let stop: Cancel | undefined;

  const look = (): void => {
    for (const connection of followed) {
      connection.destroyLate(timeoutMs);
    }
  };
  const remove = (connection: StallFollower): void => {
    followed.delete(connection);
    if (followed.size === 0) {
      stop?.();
      stop = undefined;
    }
  };
  return {
    follow(session) {
      const connection = new StallFollower(session, remove);
      followed.add(connection);
      stop ??= repeat(systemClock, () => afterReading(look), Math.ceil(timeoutMs / LOOKS));
      return connection;
    },
  };
}

/** What is known of a connection. A class: one is made for every connection. */
class StallFollower implements SessionFollower {
  readonly #session: ServerHttp2Session;
  readonly #onClosed: (connection: StallFollower) => void;
  /** Whether the client has sent its settings, with which it begins (RFC 9113 §3.4). */
  #hasBegun = false;
  /** The last stream whose header came whole. */
  #lastStreamId = 0;
  /** Since when a header may be half sent. */
  #sinceMs: number | undefined = systemClock.monotonicMs();

  constructor(session: ServerHttp2Session, onClosed: (connection: StallFollower) => void) {
    this.#session = session;
    this.#onClosed = onClosed;
  }

  onStream({ id }: ServerHttp2Stream): void {
    this.#lastStreamId = id ?? this.#lastStreamId;
  }

  onStreamClose({ readableEnded }: ServerHttp2Stream): void {
    // Its trailer may be half sent.
    if (!readableEnded) {
      this.#suspect();
    }
  }

  onSettings(): void {
    if (!this.#hasBegun) {
      this.#hasBegun = true;
      this.#sinceMs = undefined;
    }
  }

  onClose(): void {
    this.#onClosed(this);
  }

  /** Destroy it when a header is half sent for too long. */
  destroyLate(timeoutMs: number): void {
    const session = this.#session;
    if (session.destroyed) {
      return;
    }
    if (this.#hasBegun && (session.state.lastProcStreamID ?? 0) > this.#lastStreamId) {
      this.#suspect();
    }
    if (this.#sinceMs !== undefined && systemClock.monotonicMs() - this.#sinceMs >= timeoutMs) {
      session.destroy(undefined, constants.NGHTTP2_ENHANCE_YOUR_CALM);
    }
  }

  /** Ask a client that may be within a header for a sign that it is not. */
  #suspect(): void {
    const session = this.#session;
    if (this.#sinceMs !== undefined || session.destroyed) {
      return;
    }
    this.#sinceMs = systemClock.monotonicMs();
    const begunId = session.state.lastProcStreamID ?? 0;
    session.ping((error) => {
      if (error === null) {
        this.#lastStreamId = Math.max(this.#lastStreamId, begunId);
        this.#sinceMs = undefined;
      }
    });
  }
}
