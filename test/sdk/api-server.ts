import { once } from "node:events";
import { createServer, type Http2Server, type ServerHttp2Session } from "node:http2";
import type { AddressInfo } from "node:net";
import { type Client, createClient, type HandlerContext, type ServiceImpl } from "@connectrpc/connect";
import { connectNodeAdapter, createGrpcTransport } from "@connectrpc/connect-node";
import { NotesService } from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import { createSession, fromSession, type Session, type SessionOptions } from "@countersign/sdk";

/** An API at an origin of its own, over HTTP/2. It takes every token, and notes which it was called with. */
export interface ApiServer extends AsyncDisposable {
  readonly baseUrl: string;
  /** The tokens of all calls, in order. */
  readonly tokensSeen: readonly string[];
  /** How many streams are open. */
  readonly open: () => number;
  /** A client whose calls carry a session's token, over gRPC. */
  readonly clientOf: (session: Session) => Client<typeof NotesService>;
}

/** Start an {@link ApiServer}. Its streams send one message and then wait for their end. */
export async function startApiServer(
  notes: Partial<ServiceImpl<typeof NotesService>> = {},
): Promise<ApiServer> {
  const tokensSeen: string[] = [];
  let open = 0;

  function arrive({ requestHeader }: HandlerContext): void {
    tokensSeen.push(requestHeader.get("authorization")?.replace("Bearer ", "") ?? "none");
  }

  async function untilEnd({ signal }: HandlerContext): Promise<void> {
    open += 1;
    if (!signal.aborted) {
      await once(signal, "abort");
    }
    open -= 1;
  }

  const http = createServer(
    connectNodeAdapter({
      routes: (router) =>
        router.service(NotesService, {
          getNote({ id }, ctx) {
            arrive(ctx);
            return { id };
          },
          async *watchNotes(_, ctx) {
            arrive(ctx);
            yield { sequence: 1n };
            await untilEnd(ctx);
          },
          async importNotes(messages, ctx) {
            arrive(ctx);
            await untilEnd(ctx);
            for await (const _ of messages) {
            }
            return {};
          },
          async *syncNotes(_, ctx) {
            arrive(ctx);
            yield { sequence: 1n };
            await untilEnd(ctx);
          },
          ...notes,
        }),
    }),
  );
  const connections = trackConnections(http);
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  const baseUrl = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  return {
    baseUrl,
    tokensSeen,
    open: () => open,
    clientOf: ({ interceptor }) =>
      createClient(NotesService, createGrpcTransport({ baseUrl, interceptors: [interceptor] })),
    async [Symbol.asyncDispose]() {
      for (const connection of connections) {
        connection.destroy();
      }
      await new Promise((resolve) => http.close(resolve));
    },
  };
}

/** Make a session for the API that follows another. */
export function follow(leader: Session, api: ApiServer, options: Partial<SessionOptions> = {}): Session {
  return createSession({ baseUrl: api.baseUrl, source: fromSession(leader), ...options });
}

function trackConnections(http: Http2Server): ReadonlySet<ServerHttp2Session> {
  const connections = new Set<ServerHttp2Session>();
  http.on("session", (connection: ServerHttp2Session) => {
    connections.add(connection.on("error", () => undefined));
    connection.on("close", () => connections.delete(connection));
  });
  return connections;
}
