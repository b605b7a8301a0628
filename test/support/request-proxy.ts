import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import {
  createServer as createHttp2Server,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from "node:http2";
import { type AddressInfo, createServer as createTcpServer, type Socket } from "node:net";
import { sniffProtocol } from "../../server/node/src/protocol-sniffer.ts";
import { createHttp2Upstreams } from "./http2-upstreams.ts";
import { type Balancer, reach } from "./tcp-proxy.ts";

/**
 * Start a proxy that passes every request on to the next server, as proxies and meshes that balance gRPC do: over
 * one connection of HTTP/2 to each server, and over HTTP/1.1 for those who call like that. A server that cannot be
 * reached is passed over.
 *
 * @param ports where the servers are, each time that one is looked for
 */
export async function startRequestProxy(ports: () => readonly number[]): Promise<Balancer> {
  const sockets = new Set<Socket>();
  const sessions = new Set<ServerHttp2Session>();
  const shares = new Map<number, number>();
  let turn = 0;
  const count = (port: number): void => void shares.set(port, (shares.get(port) ?? 0) + 1);

  const upstreams = createHttp2Upstreams({ ports, nextTurn: () => turn++, count });
  const http2 = createHttp2Server();
  http2.on("stream", (stream, headers) => {
    void upstreams.passOn(stream as ServerHttp2Stream, headers); // of a server, whatever its type says
  });
  http2.on("session", (session) => {
    sessions.add(session);
    session.on("error", () => undefined).once("close", () => sessions.delete(session));
  });
  const http1 = createServer((req, res) => {
    void reach(ports(), turn++).then((socket) => {
      if (socket === undefined) {
        res.writeHead(503).end();
      } else {
        passRequestOn(req, res, socket, count);
      }
    });
  });
  const server = createTcpServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined).once("close", () => sockets.delete(socket));
    sniffProtocol(socket, {
      timeoutMs: 10_000,
      onProtocol(protocol) {
        (protocol === "http2" ? http2 : http1).emit("connection", socket);
        if (protocol === "http1") {
          socket.resume();
        }
      },
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    baseUrl: `http://127.0.0.1:${port}`,
    shares,
    async [Symbol.asyncDispose]() {
      server.close();
      upstreams.close();
      for (const session of sessions) {
        session.destroy();
      }
      for (const socket of sockets) {
        socket.destroy();
      }
    },
  };
}

function passRequestOn(
  req: IncomingMessage,
  res: ServerResponse,
  socket: Socket,
  count: (port: number) => void,
): void {
  count(socket.remotePort ?? 0);
  const { method, url: path, headers } = req;
  const upstream = request({ method, path, headers, createConnection: () => socket });
  upstream.on("error", () => res.destroy());
  upstream.on("response", (answer) => {
    res.writeHead(answer.statusCode ?? 502, answer.headers);
    res.flushHeaders();
    answer.pipe(res);
    answer.once("close", () => {
      if (!answer.complete) {
        res.destroy();
      }
    });
  });
  req.pipe(upstream);
  res.once("close", () => socket.destroy());
}
