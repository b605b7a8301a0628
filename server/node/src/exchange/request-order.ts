import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { DEFAULT_LIMITS } from "@countersign/server/internal";
import {
  type HeldRequest,
  type HoldWaiting,
  type HttpRequest,
  type HttpResponse,
  isHttp2Request,
  isHttp2Response,
} from "../handler.ts";
import { respondJson } from "../respond.ts";
import { closeBehindResponse } from "./reject-early.ts";

/** What waits on a connection. */
interface Queue {
  count: number;
  readonly held: Set<HeldRequest>;
}

/** Hands on the requests of a connection in turn. */
export interface RequestOrder {
  /**
   * Have a request of HTTP/1.1 wait for those before it.
   *
   * @param next is called when all of them are answered, and never when an answer before it has closed the connection, or
   * when too much waits and the request was answered for that
   * @returns whether the request waits; if not, nothing is before it
   */
  waits(req: HttpRequest, res: HttpResponse, next: () => void): boolean;
}

/**
 * Create what serves pipelined requests of HTTP/1.1 one after the other ([RFC 9112
 * §9.3.2](https://www.rfc-editor.org/rfc/rfc9112#section-9.3.2)): an answer may close the connection, and then nothing
 * behind it may have happened.
 *
 * Node hands over all requests as they come, and answers in order. It gives the socket to a response when those before
 * it are sent and none of them has closed the connection.
 *
 * @param maxWaiting how many requests of one connection may wait. The next one is answered with 429, which closes the
 * connection, and nothing behind it is read
 * @param holdWaiting counts each request while it waits. Default: none is counted
 */
export function createRequestOrder(
  maxWaiting: number = DEFAULT_LIMITS.listen.maxPipelinedRequests,
  holdWaiting?: HoldWaiting,
): RequestOrder {
  const queues = new WeakMap<Socket, Queue>();
  const open = (socket: Socket): Queue => {
    const queue: Queue = { count: 0, held: new Set() };
    queues.set(socket, queue);
    // Node closes the requests that wait with their connection, but not when that was to become a tunnel.
    socket.once("close", () => {
      for (const held of queue.held) {
        held.release();
      }
    });
    return queue;
  };
  return {
    waits(req, res, next) {
      if (isHttp2Request(req) || isHttp2Response(res) || res.socket !== null) {
        return false;
      }
      const { socket } = req;
      const queue = queues.get(socket) ?? open(socket);
      if (queue.count < maxWaiting) {
        const held = holdWaiting?.(req, res);
        if (held !== undefined) {
          queue.held.add(held);
        }
        res.once("socket", () => {
          queue.count -= 1;
          if (held !== undefined) {
            queue.held.delete(held);
            held.release();
          }
          if (held?.isBrokenOff !== true) {
            next();
          }
        });
      } else if (queue.count === maxWaiting) {
        refuse(req, res);
      }
      queue.count += 1;
      return true;
    },
  };
}

function refuse(req: IncomingMessage, res: ServerResponse): void {
  const { socket } = req;
  // Not within the parser, which is at work on these bytes.
  process.nextTick(() => {
    // Without its listener the HTTP parser sees nothing more. What comes is thrown away, so that the end is seen.
    socket.removeAllListeners("data").on("data", ignore);
  });
  res.once("socket", () => {
    closeBehindResponse(req, res);
    res.setHeader("retry-after", "1");
    respondJson(res, 429, { error: "too many requests wait on this connection" });
  });
}

function ignore(): void {}
