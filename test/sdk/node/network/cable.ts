import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** A network between a caller and a server, which can fail. Connections that are opened afterwards are well again. */
export interface Cable extends AsyncDisposable {
  readonly port: number;
  /** Let nothing arrive any more, and say so to neither side. */
  mute(): void;
  /** Reset every connection. */
  cut(): void;
  /** End every connection in the middle of whatever is sent, as if that were all. */
  end(): void;
}

/** Lay a cable to a port of this machine. */
export async function layCable(serverPort: number): Promise<Cable> {
  const pairs = new Set<readonly Socket[]>();
  const server = createServer((outer) => {
    const inner = connect(serverPort, "127.0.0.1");
    const pair = [outer, inner];
    pairs.add(pair);
    for (const [index, socket] of pair.entries()) {
      socket.on("error", () => undefined);
      socket.once("close", () => {
        pairs.delete(pair);
        pair[1 - index]?.destroy();
      });
    }
    outer.pipe(inner).pipe(outer);
  });
  const sockets = () => [...pairs].flat();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port, // it listens on TCP
    mute() {
      for (const socket of sockets()) {
        socket.unpipe().pause();
      }
    },
    cut() {
      for (const socket of sockets()) {
        socket.resetAndDestroy();
      }
    },
    end() {
      for (const [outer] of pairs) {
        outer?.unpipe().end();
      }
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets()) {
        socket.destroy();
      }
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
