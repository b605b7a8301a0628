import type { ServerHttp2Stream } from "node:http2";
import type { Socket } from "node:net";
import { Code, ConnectError } from "@connectrpc/connect";
import { NotesService } from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import { buildRequestListener } from "../../server/node/src/build-server.ts";
import {
  type HttpRequest,
  type HttpResponse,
  isHttp2Request,
  type StreamHandler,
} from "../../server/node/src/handler.ts";
import { type Serving, serveHandler } from "./serving.ts";

/** A server that nobody is let in to, and what reaches it. */
export interface ClosedGate extends Serving {
  /** What the server took off the wire of the last connection. */
  readonly bytesRead: () => number;
  /** How many requests it saw. */
  readonly requests: () => number;
  /** The streams of HTTP/2 that it saw. */
  readonly streams: readonly ServerHttp2Stream[];
}

/** Serve notes behind a gate that lets nobody in. */
export async function serveClosedGate(unaryFastPath = true): Promise<ClosedGate> {
  let requests = 0;
  let socket: Pick<Socket, "bytesRead"> | undefined;
  const streams: ServerHttp2Stream[] = [];
  const handler = buildRequestListener({
    routes: (router) => router.service(NotesService, {}),
    requestGate: async () => {
      await Promise.resolve();
      throw new ConnectError("no token was sent", Code.Unauthenticated);
    },
    interceptors: [],
    unaryFastPath,
  });
  const watch = (stream: ServerHttp2Stream): void => {
    requests += 1;
    streams.push(stream);
    socket = stream.session?.socket;
  };
  const handle = (req: HttpRequest, res: HttpResponse): void => {
    if (isHttp2Request(req)) {
      if (!streams.includes(req.stream)) {
        watch(req.stream);
      }
    } else {
      requests += 1;
      socket = req.socket;
    }
    handler.handle(req, res);
  };
  const onStream: StreamHandler = (stream, ...header) => {
    watch(stream);
    return handler.onStream?.(stream, ...header) ?? false;
  };
  const serving = await serveHandler({ handle, onStream });
  return {
    ...serving,
    bytesRead: () => socket?.bytesRead ?? 0,
    requests: () => requests,
    streams,
    [Symbol.asyncDispose]: () => serving[Symbol.asyncDispose](),
  };
}
