import type { ServerHttp2Session, ServerHttp2Stream } from "node:http2";

/** Learns what becomes of a connection of HTTP/2. */
export interface SessionFollower {
  /** A stream was opened. */
  onStream(stream: ServerHttp2Stream): void;
  /** A stream is over. */
  onStreamClose(stream: ServerHttp2Stream): void;
  /** The client has sent settings. */
  onSettings(): void;
  /** The connection is over. */
  onClose(): void;
}

/**
 * Have followers learn what becomes of a connection. One listener for all of them: each of Node's takes a hundred bytes, and
 * one that is called once takes three hundred.
 */
export function followSession(session: ServerHttp2Session, followers: readonly SessionFollower[]): void {
  // One for all streams: a call costs no function of its own.
  function onStreamClose(this: ServerHttp2Stream): void {
    for (const follower of followers) {
      follower.onStreamClose(this);
    }
  }
  session.on("stream", (stream) => {
    stream.on("close", onStreamClose);
    for (const follower of followers) {
      follower.onStream(stream);
    }
  });
  session.on("remoteSettings", () => {
    for (const follower of followers) {
      follower.onSettings();
    }
  });
  session.on("close", () => {
    for (const follower of followers) {
      follower.onClose();
    }
  });
}
