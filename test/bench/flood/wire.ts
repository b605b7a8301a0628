import { type ClientHttp2Session, connect as connectHttp2 } from "node:http2";
import { connect, type Socket } from "node:net";
import { connectRawHttp2, type RawHttp2, type RawHttp2Options } from "../../faults/mixed-load/raw-http2.ts";

/** All connections of a flood: what was sent on them, and one way to break them off. */
export interface Wire extends Disposable {
  readonly port: number;
  /** Bytes that were written on all connections so far. */
  sentBytes(): number;
  /** Open a connection. Its errors are none: a server may break off what it does not like. */
  openSocket(): Socket;
  /** Open a connection below every client. */
  openRaw(options?: Omit<RawHttp2Options, "socket">): Promise<RawHttp2>;
  /** Open a connection whose client keeps to the server's windows, as large bodies need. */
  openHttp2(): ClientHttp2Session;
}

/** Create the connections of a flood to a port of this machine; there is none yet. */
export function createWire(port: number): Wire {
  const open = new Set<Socket>();
  let closedBytes = 0;
  const openSocket = (): Socket => {
    const socket = connect(port, "127.0.0.1");
    open.add(socket);
    socket.on("error", () => undefined);
    socket.once("close", () => {
      open.delete(socket);
      closedBytes += socket.bytesWritten;
    });
    return socket;
  };
  return {
    port,
    sentBytes: () => closedBytes + [...open].reduce((sum, { bytesWritten }) => sum + bytesWritten, 0),
    openSocket,
    openRaw: (options = {}) => connectRawHttp2(port, { ...options, socket: openSocket() }),
    openHttp2() {
      const session = connectHttp2(`http://127.0.0.1:${port}`, { createConnection: openSocket });
      return session.on("error", () => undefined);
    },
    [Symbol.dispose]() {
      for (const socket of open) {
        socket.destroy();
      }
    },
  };
}
