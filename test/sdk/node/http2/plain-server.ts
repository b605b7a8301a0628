import {
  createServer,
  type Http2Server,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from "node:http2";
import type { AddressInfo, Socket } from "node:net";
import { createClient } from "@connectrpc/connect";
import { NotesService } from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import { fromFunction } from "@countersign/sdk";
import { createNodeTransport, createSession, type NodeProtocol } from "@countersign/sdk/node";
import { drain, twice } from "../network/messages.ts";
import { endFrame } from "./connect-script.ts";
import { frame, type Kind, OK, TYPE } from "./script.ts";

/** Decides what becomes of a request, by how many came before it on all connections. */
export type OnRequest = (stream: ServerHttp2Stream, number: number, headers?: IncomingHttpHeaders) => unknown;

/** A server of HTTP/2 in plain text, and what tests see of it. */
export interface PlainServer extends AsyncDisposable {
  readonly port: number;
  readonly http: Http2Server;
  readonly sessions: readonly ServerHttp2Session[];
  /** How many requests came in. */
  readonly requests: () => number;
}

/** What a server can be told. */
export interface PlainServerOptions {
  readonly onRequest: OnRequest;
  readonly maxConcurrentStreams?: number;
  /** Sees each connection before it is served. @returns whether the server leaves it alone */
  readonly onConnection?: (socket: Socket, number: number) => boolean;
  readonly port?: number;
}

/** Start it. */
export async function startPlainServer(options: PlainServerOptions): Promise<PlainServer> {
  const { onRequest, onConnection, maxConcurrentStreams, port = 0 } = options;
  const sessions: ServerHttp2Session[] = [];
  let requests = 0;
  let connections = 0;
  const http = createServer(maxConcurrentStreams === undefined ? {} : { settings: { maxConcurrentStreams } });
  const [serve] = http.listeners("connection");
  http.removeAllListeners("connection");
  http.on("connection", (socket: Socket) => {
    socket.on("error", () => undefined);
    if (onConnection?.(socket, ++connections) !== true) {
      serve?.call(http, socket);
    }
  });
  http.on("session", (session) => void sessions.push(session.on("error", () => undefined)));
  http.on("stream", (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => {
    stream.on("error", () => undefined);
    stream.resume();
    requests += 1;
    onRequest(stream, requests, headers);
  });
  await new Promise<void>((resolve) => void http.listen(port, "127.0.0.1", resolve));
  return {
    port: (http.address() as AddressInfo).port, // it listens on TCP
    http,
    sessions,
    requests: () => requests,
    async [Symbol.asyncDispose]() {
      for (const session of sessions) {
        session.destroy();
      }
      await new Promise((resolve) => http.close(resolve));
    },
  };
}

/** Answer a request with a message of no fields, which every kind of call can read, once all of it has come in. */
export function answerOne(stream: ServerHttp2Stream): void {
  if (!stream.readableEnded) {
    stream.once("end", () => answerOne(stream));
    return;
  }
  stream.respond({ ":status": 200, ...TYPE }, { waitForTrailers: true });
  stream.once("wantTrailers", () => stream.sendTrailers(OK));
  stream.end(frame(Buffer.of()));
}

/** The same for Connect. */
export function answerConnect(stream: ServerHttp2Stream, type = ""): void {
  if (!stream.readableEnded) {
    stream.once("end", () => answerConnect(stream, type));
    return;
  }
  stream.respond({ ":status": 200, "content-type": type });
  stream.end(type === "application/proto" ? undefined : Buffer.concat([frame(Buffer.of()), endFrame({})]));
}

/** Make a client of a server, and calls of all kinds. */
export function callerOf(port: number, protocol?: NodeProtocol) {
  const baseUrl = `http://127.0.0.1:${port}`;
  const session = createSession({ baseUrl, source: fromFunction(async () => "token") });
  const notes = createClient(NotesService, createNodeTransport({ baseUrl, session, protocol }));
  const calls: Record<Kind, () => Promise<unknown>> = {
    getNote: () => notes.getNote({ id: "x" }),
    watchNotes: () => drain(notes.watchNotes({})),
    importNotes: () => notes.importNotes(twice({ title: "x" })),
    syncNotes: () => drain(notes.syncNotes(twice({ noteId: "x" }))),
  };
  return { notes, calls };
}
