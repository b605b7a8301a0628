import {
  type ClientHttp2Stream,
  type ClientSessionOptions,
  connect,
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
  /**
   * Wait until it is open, and was seen to be alive not long ago. Look at {@link isOpen} afterwards.
   *
   * @throws when it cannot be opened
   */
  readonly ready: () => Promise<void>;
  /** Begin a call. @throws when Node does not take the header */
  readonly request: (header: OutgoingHttpHeaders) => ClientHttp2Stream;
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
  const session = connect(options.authority, options.session);
  // Node leaves out the brackets of an IPv6 address, and no server takes what is left for a host.
  const { host } = new URL(options.authority);
  const { noteAlive, check, hold, release } = createKeepAlive(session, options);
  let isLeaving = false;
  let failure: unknown = new ConnectError("the connection was closed", Code.Unavailable);
  session.on("error", (error) => {
    failure = error;
  });
  session.on("goaway", () => {
    isLeaving = true;
  });
  session.unref();

  const opened = new Promise<void>((resolve, reject) => {
    const giveUp = (): void =>
      session.destroy(new ConnectError("the connection could not be opened in time", Code.Unavailable));
    const timer = runLater(giveUp, options.connectTimeoutMs);
    session.once("connect", () => {
      clearTimeout(timer);
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
      hold();
      stream.once("close", release);
      stream.once("response", noteAlive);
      return stream;
    },
    noteAlive,
  };
}

function ignore(): void {}
