import type { ServerHttp2Session } from "node:http2";
import { systemClock } from "@countersign/server/internal";
import type { SessionFollower } from "./follow-session.ts";

/** Closes connections of HTTP/2 that carry no stream for too long. */
export interface Http2Idle {
  /**
   * From now on, close each connection behind a call that it carries alone: its client knows before the answer that there is
   * no next one. A client that is told while the connection is idle may send its next call in the same moment. GOAWAY says that
   * such a call was not taken, and nginx fails it all the same.
   */
  leave(): void;
  /** Follow a connection. */
  follow(session: ServerHttp2Session): SessionFollower;
}

/**
 * Create what closes connections that carry no stream for `timeoutMs` milliseconds.
 *
 * A stream may rest for hours between two messages: only a connection that carries none is idle. One timer serves all of them:
 * all have the same time, so they come due in the order in which they were left. And not the session's own timeout: Node
 * forgets to clear it, and with it keeps the session for all that time.
 */
export function createHttp2Idle(timeoutMs: number): Http2Idle {
  const dueMs = new Map<ServerHttp2Session, number>();
  let isScheduled = false;
  let isLeaving = false;

  const wait = (ms: number): void => {
    isScheduled = true;
    systemClock.schedule(closeDue, ms);
  };
  const closeDue = (): void => {
    isScheduled = false;
    const nowMs = systemClock.monotonicMs();
    for (const [session, due] of dueMs) {
      if (due > nowMs) {
        wait(Math.ceil(due - nowMs));
        return;
      }
      dueMs.delete(session);
      session.close();
    }
  };
  const idle: IdleSessions = {
    add(session) {
      dueMs.set(session, systemClock.monotonicMs() + timeoutMs);
      if (!isScheduled) {
        wait(timeoutMs);
      }
    },
    delete: (session) => dueMs.delete(session),
    isLeaving: () => isLeaving,
  };
  return {
    leave() {
      isLeaving = true;
    },
    follow(session) {
      idle.add(session);
      return new IdleFollower(session, idle);
    },
  };
}

/** The connections that carry no stream, and whether all are to end. */
interface IdleSessions {
  add(session: ServerHttp2Session): void;
  delete(session: ServerHttp2Session): void;
  isLeaving(): boolean;
}

/** Counts the streams of a connection. A class: one is made for every connection. */
class IdleFollower implements SessionFollower {
  readonly #session: ServerHttp2Session;
  readonly #idle: IdleSessions;
  #openStreams = 0;

  constructor(session: ServerHttp2Session, idle: IdleSessions) {
    this.#session = session;
    this.#idle = idle;
  }

  onStream(): void {
    this.#openStreams += 1;
    this.#idle.delete(this.#session);
    // A proxy that has yet to acknowledge the settings takes an end right behind the answer for one in the midst of it.
    if (this.#openStreams === 1 && this.#idle.isLeaving() && !this.#session.pendingSettingsAck) {
      this.#session.close();
    }
  }

  onStreamClose(): void {
    this.#openStreams -= 1;
    if (this.#openStreams === 0 && !this.#session.closed) {
      this.#idle.add(this.#session);
    }
  }

  onSettings(): void {}

  onClose(): void {
    this.#idle.delete(this.#session);
  }
}
