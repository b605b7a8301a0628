import {
  type ClientHttp2Stream,
  type ClientSessionOptions,
  connect,
  constants,
  type OutgoingHttpHeaders,
  type SecureClientSessionOptions,
} from "node:http2";
import { Code, ConnectError } from "@connectrpc/connect";
import { createKeepAlive, type KeepAliveOptions, runLater } from "./http2-keep-alive.ts";

/** How connections are opened and watched. */
export interface Http2ConnectionOptions extends KeepAliveOptions {
  /** Where to connect, as an origin. */
  readonly authority: string;
  /** How long the opening may take, in milliseconds. */
  readonly connectTimeoutMs: number;
  /** Options of Node for the connection. */
  readonly session: ClientSessionOptions | SecureClientSessionOptions;
}

/** A connection of HTTP/2, from its opening to its end. */
export interface Http2Connection {
  /** Whether a call may be begun on it. True also while it is being opened. */
  readonly isOpen: () => boolean;
  /** Whether its server takes one call more beside those that run on it. */
  readonly hasRoom: () => boolean;
  /** How many calls run on it. */
  readonly calls: () => number;
  /** Whether a call can be begun without waiting for {@link ready}. */
  readonly isReady: () => boolean;
  /**
   * Wait until it is open, and was seen to be alive not long ago. Look at {@link isOpen} afterwards.
   *
   * @throws when it cannot be opened
   */
  readonly ready: () => Promise<void>;
  /** Begin a call, and {@link release} the connection when its stream has closed. @throws when Node does not take the header */
  readonly request: (header: OutgoingHttpHeaders) => ClientHttp2Stream;
  /** Note that a call is over. */
  readonly release: () => void;
  /** Whether the server certainly did nothing with a call that has failed. Asked when its stream has closed. */
  readonly wasIgnored: (stream: ClientHttp2Stream) => boolean;
  /** Note that data has arrived. */
  readonly noteAlive: () => void;
}

/**
 * Open a connection.
 *
 * It never ends the process: its errors have a listener from its first moment on, however late they come. It keeps the
 * process alive only while a call waits for it or runs on it.
 */
export function openHttp2Connection(options: Http2ConnectionOptions): Http2Connection {
  // No call has a use for streams that the server begins, and each would take memory.
  const session = connect(options.authority, { ...options.session, settings: { enablePush: false } });
  // Node leaves out the brackets of an IPv6 address, and no server takes what is left for a host.
  const { host } = new URL(options.authority);
  const { noteAlive, isFresh, check, hold, release } = createKeepAlive(session, options);
  let isLeaving = false;
  let isSettled = false;
  let calls = 0;
  let maxCalls = Infinity;
  /** The last of the streams that the server has looked at, when it leaves. */
  let lastStreamId = Infinity;
  let failure: unknown = new ConnectError("the connection was closed", Code.Unavailable);
  session.on("error", (error) => {
    failure = error;
  });
  session.on("goaway", (_code, id) => {
    isLeaving = true;
    lastStreamId = id;
  });
  session.on("remoteSettings", ({ maxConcurrentStreams = Infinity }) => {
    maxCalls = maxConcurrentStreams;
  });
  session.unref();

  const opened = new Promise<void>((resolve, reject) => {
    const giveUp = (): void =>
      session.destroy(new ConnectError("the connection could not be opened in time", Code.Unavailable));
    const timer = runLater(giveUp, options.connectTimeoutMs);
    // What only takes connections, such as a proxy before a server that is gone, has no settings to send (RFC 9113 §3.4).
    session.once("remoteSettings", () => {
      clearTimeout(timer);
      isSettled = true;
      noteAlive();
      resolve();
    });
    session.once("close", () => {
      clearTimeout(timer);
      reject(failure);
    });
  });
  // The calls that wait for it fail with the error.
  opened.catch(ignore);

  return {
    isOpen: () => !session.closed && !session.destroyed && !isLeaving,
    hasRoom: () => calls < maxCalls,
    calls: () => calls,
    isReady: () => isSettled && isFresh(),
    async ready() {
      hold();
      try {
        await opened;
        await check();
      } finally {
        release();
      }
    },
    request(header) {
      const stream = session.request({ ":authority": host, ...header });
      calls += 1;
      hold();
      return stream;
    },
    release() {
      calls -= 1;
      release();
    },
    wasIgnored: ({ id, rstCode }) =>
      id === undefined || id > lastStreamId || rstCode === constants.NGHTTP2_REFUSED_STREAM,
    noteAlive,
  };
}

function ignore(): void {}
