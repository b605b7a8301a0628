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

/** How many connections are looked at for a call before it fails: a server may leave each as soon as it is open. */
const MAX_ATTEMPTS = 3;

/**
 * Create the connections of a transport: one at a time takes new calls, and those that their server leaves carry theirs
 * to the end.
 *
 * Connect's own `Http2SessionManager` has no error listener on a connection that dies in the moment of the next call, and
 * the process ends.
 */
export function createHttp2Connections(options: Http2ConnectionOptions): StreamSource {
  const connections = new WeakMap<ClientHttp2Stream, Http2Connection>();
  let current: Http2Connection | undefined;
  return {
    authority: options.authority,
    async request(method, path, headers) {
      for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
        if (current?.isOpen() !== true) {
          current = openHttp2Connection(options);
        }
        const connection = current;
        await connection.ready();
        if (!connection.isOpen()) {
          continue;
        }
        const stream = connection.request({ ...headers, ":method": method, ":path": path });
        connections.set(stream, connection);
        return stream;
      }
      throw new ConnectError("the server leaves every connection", Code.Unavailable);
    },
    notifyResponseByteRead(stream) {
      connections.get(stream)?.noteAlive();
    },
  };
}
