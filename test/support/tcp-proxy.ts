import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** A proxy in front of servers, such as a load balancer is. */
export interface Balancer extends AsyncDisposable {
  /** Such as `http://127.0.0.1:34567`. */
  readonly baseUrl: string;
  /** How many connections, or requests, each server got, by its port. */
  readonly shares: ReadonlyMap<number, number>;
}

/** A proxy that passes connections on. */
export interface TcpProxy extends Balancer {
  /** Break off all connections, as a network that fails. */
  cut(): void;
}

/**
 * Start a proxy that passes connections on to servers in turn, whatever is spoken on them. One that cannot be reached
 * is passed over.
 *
 * @param ports where the servers are, each time that one is looked for
 */
export async function startTcpProxy(ports: () => readonly number[]): Promise<TcpProxy> {
  const sockets = new Set<Socket>();
  const shares = new Map<number, number>();
  let turn = 0;
  const join = (one: Socket, other: Socket): void => {
    one.pipe(other);
    one.once("close", () => other.destroy());
  };
  const keep = (socket: Socket): Socket => {
    sockets.add(socket);
    return socket.on("error", () => undefined).once("close", () => sockets.delete(socket));
  };
  const passOn = async (client: Socket): Promise<void> => {
    const upstream = await reach(ports(), turn++);
    if (upstream === undefined || client.destroyed) {
      client.destroy();
      upstream?.destroy();
      return;
    }
    const port = upstream.remotePort ?? 0;
    shares.set(port, (shares.get(port) ?? 0) + 1);
    join(client, keep(upstream));
    join(upstream, client);
  };
  const server = createServer((client) => void passOn(keep(client)));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const cut = (): void => {
    for (const socket of sockets) {
      socket.destroy();
    }
  };
  return {
    baseUrl: `http://127.0.0.1:${port}`,
    shares,
    cut,
    async [Symbol.asyncDispose]() {
      server.close();
      cut();
    },
  };
}

/** Connect to the first server that answers, beginning with the one whose turn it is. */
export async function reach(ports: readonly number[], turn: number): Promise<Socket | undefined> {
  for (const [index] of ports.entries()) {
    const port = ports[(turn + index) % ports.length];
    const socket = connect({ host: "127.0.0.1", port: port ?? 0, noDelay: true });
    try {
      await once(socket, "connect");
      return socket;
    } catch {
      // The next one, then.
    }
  }
  return undefined;
}
