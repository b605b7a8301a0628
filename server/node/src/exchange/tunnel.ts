import { type IncomingMessage, type ServerResponse, STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { drainThenDestroy } from "./reject-early.ts";
import { NO_TUNNEL, type RequestFault } from "./request-fault.ts";

/** A connection, and what Node does not declare of it: the response that it sends there. The next one follows at once. */
type SendingSocket = Socket & { readonly _httpMessage?: ServerResponse | null };

/**
 * Close a connection of HTTP/1.1 that a CONNECT or an upgrade would make a tunnel before the requests ahead of it are
 * answered. Node hands it over at once: what the tunnel sends would come before those answers, and an answer that closes
 * the connection would come too late. They are still sent, each in its turn, and the connection is closed behind the last.
 *
 * @returns whether an answer is still to be sent, or was the last one; if not, the connection may become a tunnel
 */
export function closeEarlyTunnel({ socket }: IncomingMessage): boolean {
  const sending: SendingSocket = socket;
  const isAnswered = sending._httpMessage === null || sending._httpMessage === undefined;
  if (isAnswered && !socket.writableEnded && !socket.destroyed) {
    return false;
  }
  // Node has taken its own listeners off. What comes is thrown away, so that the end is seen.
  socket.removeAllListeners("data").on("data", ignore).on("error", ignore);
  socket.once("end", () => socket.destroy());
  socket.on("drain", () => {
    if (sending._httpMessage?.writableNeedDrain === true) {
      sending._httpMessage.emit("drain");
    }
  });
  closeWhenAnswered(sending);
  return true;
}

function closeWhenAnswered(socket: SendingSocket): void {
  if (socket.writableEnded || socket.destroyed) {
    return;
  }
  if (socket._httpMessage === null || socket._httpMessage === undefined) {
    drainThenDestroy(socket);
    return;
  }
  socket._httpMessage.once("close", () => closeWhenAnswered(socket));
}

/** Refuse to make a connection a tunnel. It has no response that could be written to. */
export function refuseTunnel(tunnel: Duplex, { status }: RequestFault): void {
  const answer = `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`;
  tunnel.on("error", ignore);
  tunnel.end(answer, () => tunnel.destroy());
}

/** Answer a CONNECT over HTTP/1.1. Node would destroy its connection, with the answers that are still to be sent. */
export function refuseConnect(req: IncomingMessage, socket: Duplex): void {
  if (!closeEarlyTunnel(req)) {
    refuseTunnel(socket, NO_TUNNEL);
  }
}

function ignore(): void {}
