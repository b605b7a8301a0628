import { constants, type ServerHttp2Session } from "node:http2";
import type { Cancel } from "@countersign/server";
import { repeat, systemClock } from "@countersign/server/internal";
import { afterReading } from "./exchange/after-reading.ts";

/** Closes connections of HTTP/2 whose client leaves a header half sent. */
export interface Http2Stalls {
  /** Follow a connection until it is closed. */
  add(session: ServerHttp2Session): void;
}

/** What is known of a connection. */
interface Followed {
  readonly session: ServerHttp2Session;
  /** Whether the client has sent its settings, with which it begins (RFC 9113 §3.4). */
  hasBegun: boolean;
  /** The last stream whose header came whole. */
  lastStreamId: number;
  /** Since when a header may be half sent. */
  sinceMs: number | undefined;
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
  const followed = new Set<Followed>();
  let stop: Cancel | undefined;

  const look = (): void => {
    for (const connection of followed) {
      if (isLate(connection, timeoutMs)) {
        connection.session.destroy(undefined, constants.NGHTTP2_ENHANCE_YOUR_CALM);
      }
    }
  };
  return {
    add(session) {
      const connection: Followed = {
        session,
        hasBegun: false,
        lastStreamId: 0,
        sinceMs: systemClock.monotonicMs(),
      };
      followed.add(connection);
      stop ??= repeat(systemClock, () => afterReading(look), Math.ceil(timeoutMs / LOOKS));
      session.once("close", () => {
        followed.delete(connection);
        if (followed.size === 0) {
          stop?.();
          stop = undefined;
        }
      });
      session.once("remoteSettings", () => {
        connection.hasBegun = true;
        connection.sinceMs = undefined;
      });
      session.on("stream", (stream) => {
        connection.lastStreamId = stream.id ?? connection.lastStreamId;
        // Its trailer may be half sent.
        stream.once("close", () => {
          if (!stream.readableEnded) {
            suspect(connection);
          }
        });
      });
    },
  };
}

function isLate(connection: Followed, timeoutMs: number): boolean {
  const { session, lastStreamId, hasBegun } = connection;
  if (session.destroyed) {
    return false;
  }
  if (hasBegun && (session.state.lastProcStreamID ?? 0) > lastStreamId) {
    suspect(connection);
  }
  return connection.sinceMs !== undefined && systemClock.monotonicMs() - connection.sinceMs >= timeoutMs;
}

/** Ask a client that may be within a header for a sign that it is not. */
function suspect(connection: Followed): void {
  const { session } = connection;
  if (connection.sinceMs !== undefined || session.destroyed) {
    return;
  }
  connection.sinceMs = systemClock.monotonicMs();
  const begunId = session.state.lastProcStreamID ?? 0;
  session.ping((error) => {
    if (error === null) {
      connection.lastStreamId = Math.max(connection.lastStreamId, begunId);
      connection.sinceMs = undefined;
    }
  });
}
