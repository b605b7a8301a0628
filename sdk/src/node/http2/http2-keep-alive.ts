import type { ClientHttp2Session } from "node:http2";
import { Code, ConnectError } from "@connectrpc/connect";

/** When a connection is checked, and when it is given up. */
export interface KeepAliveOptions {
  /** After how long without data an open connection is checked, in milliseconds. */
  readonly pingIntervalMs: number;
  /** How long the answer to a check may take, in milliseconds. */
  readonly pingTimeoutMs: number;
  /** After how long without a call the connection is closed, in milliseconds. */
  readonly idleTimeoutMs: number;
}

/** Watches over a connection while calls use it, and keeps the process alive for them. */
export interface KeepAlive {
  /** Note that data has arrived. */
  readonly noteAlive: () => void;
  /** Whether data has arrived not long ago. */
  readonly isFresh: () => boolean;
  /** Check the connection, unless data has arrived not long ago. One that is dead is destroyed by then. */
  readonly check: () => Promise<void>;
  /** Count one call more, or less, that uses the connection. */
  readonly hold: () => void;
  readonly release: () => void;
}

/** Node would run at once what is to run later than this. */
const MAX_TIMER_MS = 0x7fff_ffff;

/** Watch over a connection. It has one timer, however much arrives. */
export function createKeepAlive(session: ClientHttp2Session, options: KeepAliveOptions): KeepAlive {
  const { pingIntervalMs, pingTimeoutMs, idleTimeoutMs } = options;
  let lastAliveMs = performance.now();
  let users = 0;
  let asking: Promise<void> | undefined;
  let timer: NodeJS.Timeout | undefined;
  session.once("close", () => clearTimeout(timer));

  const noteAlive = (): void => {
    lastAliveMs = performance.now();
  };
  const quietMs = (): number => performance.now() - lastAliveMs;
  const isFresh = (): boolean => quietMs() < pingIntervalMs;

  function ask(): Promise<void> {
    asking ??= askPeer(session, pingTimeoutMs).then((isAlive) => {
      asking = undefined;
      if (isAlive) {
        noteAlive();
      }
    });
    return asking;
  }

  function look(): void {
    const leftMs = pingIntervalMs - quietMs();
    if (leftMs > 0) {
      plan(leftMs);
    } else {
      void ask().then(() => plan(pingIntervalMs));
    }
  }

  /** Look again after a while, if calls still run then; if none does, the connection has its time as an idle one. */
  function plan(delayMs: number): void {
    clearTimeout(timer);
    if (session.destroyed) {
      return;
    }
    timer = users > 0 ? runLater(look, delayMs) : runLater(() => session.close(), idleTimeoutMs);
  }

  return {
    noteAlive,
    isFresh,
    check: () => (isFresh() ? Promise.resolve() : ask()),
    hold() {
      users += 1;
      if (users > 1) {
        return;
      }
      session.ref();
      plan(pingIntervalMs);
    },
    release() {
      users -= 1;
      if (users > 0) {
        return;
      }
      session.unref();
      plan(idleTimeoutMs);
    },
  };
}

/** Run something later, without keeping the process alive for it. */
export function runLater(action: () => void, delayMs: number): NodeJS.Timeout | undefined {
  return delayMs > MAX_TIMER_MS ? undefined : setTimeout(action, delayMs).unref();
}

/** Ask the other side for a sign of life, and destroy the connection when none comes in time. */
function askPeer(session: ClientHttp2Session, timeoutMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    if (session.destroyed) {
      resolve(false);
      return;
    }
    const timer = runLater(
      () => session.destroy(new ConnectError("PING timed out", Code.Unavailable)),
      timeoutMs,
    );
    const settle = (isAlive: boolean): void => {
      clearTimeout(timer);
      session.off("close", onClose);
      resolve(isAlive);
    };
    const onClose = (): void => settle(false);
    session.once("close", onClose);
    // Node sends no PING on a connection that its server is leaving. Its calls still run, and their settings are answered.
    if (session.closed) {
      session.settings({}, (error) => settle(error === null));
    } else {
      session.ping((error) => settle(error === null));
    }
  });
}
