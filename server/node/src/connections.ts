import type { ServerResponse } from "node:http";
import type { ServerHttp2Session } from "node:http2";
import type { Socket } from "node:net";
import { KEEPS_PROCESS_ALIVE, repeat, systemClock } from "@countersign/server/internal";
import { followSession } from "./follow-session.ts";
import { isHttp2Response, type RequestHandler } from "./handler.ts";
import { Http2Faults } from "./http2-faults.ts";
import { createHttp2Idle } from "./http2-idle.ts";
import { createHttp2Stalls } from "./http2-stalls.ts";
import type { HttpLimits } from "./limits.ts";

/** The open connections of one listener. */
export interface Connections {
  /** Follow a connection until it is closed; over TLS, what is encrypted on it too. */
  addSocket(socket: Socket): void;
  /**
   * Add a connection that speaks HTTP/1.1, or whose protocol is not known yet: without a call it need not be waited
   * for.
   */
  addHttp1(socket: Socket): void;
  /**
   * Follow an HTTP/2 connection, and close it when it was idle for too long, takes too long for a header, or has too many
   * streams reset.
   */
  addHttp2(session: ServerHttp2Session): void;
  /** Remove a connection that was taken for HTTP/1.1 and speaks HTTP/2. */
  removeHttp1(socket: Socket): void;
  /**
   * Wrap a handler, so that calls in flight over HTTP/1.1 are known. Over HTTP/2 a connection knows of its calls by
   * itself.
   */
  track(handle: RequestHandler): RequestHandler;
  /** Have each connection over HTTP/1.1 end with its next answer, and take calls as before. */
  leave(): void;
  /** Have each connection over HTTP/2 end with the next answer to a call that it carries alone, and take calls as before. */
  leaveHttp2(): void;
  /**
   * Announce the end to the callers, wait for the calls in flight, destroy what is left after `graceMs` milliseconds.
   *
   * @param closed resolves when the server, which accepts no more connections, has none left
   */
  drain(closed: Promise<void>, graceMs: number): Promise<void>;
}

/** How long a client may send nothing after the last byte of the server, in milliseconds. */
const MAX_SILENCE_MS = 1_000;

/** Follow the connections of a listener, and close those over HTTP/2 that are idle, stalled or full of faults. */
export function createConnections(limits: HttpLimits): Connections {
  const stalls = createHttp2Stalls(limits.headerTimeoutMs);
  const idle = createHttp2Idle(limits.idleTimeoutMs);
  const sockets = new Set<Socket>();
  const http1Sockets = new Set<Socket>();
  const sessions = new Set<ServerHttp2Session>();
  const responses = new Map<ServerResponse, Socket>();
  let isLeaving = false;
  let isDraining = false;

  // One for all: a connection costs no function of its own.
  function onSocketClose(this: Socket): void {
    sockets.delete(this);
    http1Sockets.delete(this);
  }
  function onSessionClose(this: ServerHttp2Session): void {
    sessions.delete(this);
  }
  const begin = (res: ServerResponse, socket: Socket): void => {
    responses.set(res, socket);
    if (isLeaving) {
      announceClose(res);
    }
    res.once("close", () => {
      responses.delete(res);
      // Its header may have gone out before, and promised to keep the connection.
      if (isLeaving) {
        socket.end();
      }
    });
  };
  const destroyAll = (): void => {
    for (const session of sessions) {
      session.destroy();
    }
    for (const socket of sockets) {
      socket.destroy();
    }
  };
  const leave = (): void => {
    isLeaving = true;
    for (const res of responses.keys()) {
      announceClose(res);
    }
  };
  return {
    leave,
    leaveHttp2: () => idle.leave(),
    addSocket(socket) {
      sockets.add(socket);
      socket.on("close", onSocketClose).on("finish", destroyWhenSilent);
    },
    addHttp1: (socket) => void http1Sockets.add(socket),
    removeHttp1: (socket) => http1Sockets.delete(socket),
    addHttp2(session) {
      sessions.add(session);
      session.on("close", onSessionClose);
      followSession(session, [
        idle.follow(session),
        stalls.follow(session),
        new Http2Faults(session, limits),
      ]);
      if (isDraining) {
        session.close();
      }
    },
    track: (handle) => (req, res) => {
      if (!isHttp2Response(res)) {
        begin(res, req.socket);
      }
      handle(req, res);
    },
    async drain(closed, graceMs) {
      isDraining = true;
      for (const session of sessions) {
        session.close();
      }
      leave();
      const busy = new Set(responses.values());
      for (const socket of http1Sockets) {
        if (!busy.has(socket)) {
          socket.destroy();
        }
      }
      const cancelTimer = systemClock.schedule(destroyAll, graceMs, KEEPS_PROCESS_ALIVE);
      await closed;
      cancelTimer();
    },
  };
}

/**
 * Destroy a connection that the server has ended and the client does not: Node waits for both. A client that is built on
 * Node keeps its side open for as long as it leaves a stream unread, as one does that breaks out of a loop over it.
 *
 * Not at once: a client that still reads opens its window again, and would get RST for that, and lose the rest.
 */
function destroyWhenSilent(this: Socket): void {
  let { bytesRead } = this;
  const stop = repeat(
    systemClock,
    () => {
      if (this.bytesRead === bytesRead) {
        this.destroy();
      }
      bytesRead = this.bytesRead;
    },
    MAX_SILENCE_MS,
  );
  this.once("close", stop);
}

function announceClose(res: ServerResponse): void {
  if (!res.headersSent) {
    res.setHeader("connection", "close");
  }
}
