import type { ClientHttp2Stream } from "node:http2";
import { Code, ConnectError } from "@connectrpc/connect";
import type { createNodeHttpClient } from "@connectrpc/connect-node";
import {
  type Http2Connection,
  type Http2ConnectionOptions,
  openHttp2Connection,
} from "./http2-connection.ts";

/** What Connect's client for HTTP/2 takes its streams from. */
export type StreamSource = ReturnType<
  NonNullable<Extract<Parameters<typeof createNodeHttpClient>[0], { httpVersion: "2" }>["sessionProvider"]>
>;

/** The connections to one server. */
export interface Http2Connections {
  /** The server, as an origin. */
  readonly authority: string;
  /**
   * Begin a call on a connection that takes it: without a promise when there is one.
   *
   * @param begin begins it at once: what others begin behind it is counted behind it
   * @throws ConnectError Unavailable, or what the opening failed with: rejected, never thrown
   */
  readonly use: <T>(begin: (connection: Http2Connection) => T) => T | Promise<T>;
}

/** How many connections are looked at for a call before it fails: a server may leave each as soon as it is open. */
const MAX_ATTEMPTS = 3;
/**
 * How many connections there are at the most. With the 100 calls on each that servers commonly take, that is more than a
 * process can make use of; beyond it, calls wait for others to end.
 */
const MAX_CONNECTIONS = 32;

/**
 * Create the connections of a transport: one takes the calls, and another is opened when its server takes no more on it
 * (`SETTINGS_MAX_CONCURRENT_STREAMS`). Those that their server leaves carry their calls to the end.
 *
 * Connect's own `Http2SessionManager` has no error listener on a connection that dies in the moment of the next call, and
 * the process ends.
 */
export function createHttp2Connections(options: Http2ConnectionOptions): Http2Connections {
  let connections: readonly Http2Connection[] = [];

  function choose(): Http2Connection {
    const withRoom = connections.find((connection) => connection.isOpen() && connection.hasRoom());
    if (withRoom !== undefined) {
      return withRoom;
    }
    connections = connections.filter((connection) => connection.isOpen());
    if (connections.length >= MAX_CONNECTIONS) {
      return connections.reduce((a, b) => (b.calls() < a.calls() ? b : a));
    }
    const opened = openHttp2Connection(options);
    connections = [...connections, opened];
    return opened;
  }

  async function wait<T>(begin: (connection: Http2Connection) => T): Promise<T> {
    for (let attempt = 0; attempt < MAX_ATTEMPTS; ) {
      const connection = choose();
      await connection.ready();
      // While calls waited for it, others may have taken its room: that is no failure of the server's.
      if (connection.isOpen() && choose() === connection) {
        return begin(connection);
      }
      attempt += connection.isOpen() ? 0 : 1;
    }
    throw new ConnectError("the server leaves every connection", Code.Unavailable);
  }

  return {
    authority: options.authority,
    use(begin) {
      const connection = choose();
      return connection.isReady() ? begin(connection) : wait(begin);
    },
  };
}

/** Create what Connect's client takes its streams from. */
export function toStreamSource({ authority, use }: Http2Connections): StreamSource {
  const connections = new WeakMap<ClientHttp2Stream, Http2Connection>();
  return {
    authority,
    request: async (method, path, headers) =>
      await use((connection) => {
        const stream = connection.request({ ...headers, ":method": method, ":path": path });
        connections.set(stream, connection);
        stream.once("response", connection.noteAlive);
        stream.once("close", connection.release);
        return stream;
      }),
    notifyResponseByteRead(stream) {
      connections.get(stream)?.noteAlive();
    },
  };
}
