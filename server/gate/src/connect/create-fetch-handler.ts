import {
  Code,
  ConnectError,
  type ConnectRouter,
  type ConnectRouterOptions,
  type ContextValues,
  createConnectRouter,
} from "@connectrpc/connect";
import { isolateSink } from "../kernel/isolate-sink.ts";
import { assertOptionNames } from "../kernel/option-names.ts";
import type { Auth } from "./create-auth.ts";
import { withoutNodeRequest } from "./node-request.ts";
import { describeRouter } from "./route/guarded-routes.ts";

/** How {@link createFetchHandler} serves. */
export interface FetchHandlerOptions extends Omit<ConnectRouterOptions, "grpc" | "requestGate"> {
  /** A path before those of the RPCs, such as `/api`. Default: none. */
  readonly prefix?: string;
  /**
   * Makes the context values of a call. Say with `setPeer` where it comes from: a fetch host does not, and without that
   * the limits of peers count all callers as one. Default: empty ones.
   */
  readonly contextValues?: (request: Request) => ContextValues;
  /** Answers what is no RPC of the routes, and none of the `documents` of `auth`. Default: 404. */
  readonly fallback?: (request: Request) => Response | Promise<Response>;
  /** Receives what `contextValues` or `fallback` throws; the response is 500. Default: console.error. */
  readonly onError?: (error: unknown) => void;
}

const OPTION_NAMES = {
  prefix: true,
  contextValues: true,
  fallback: true,
  onError: true,
  grpcWeb: true,
  connect: true,
  interceptors: true,
  readMaxBytes: true,
  writeMaxBytes: true,
  maxTimeoutMs: true,
  jsonOptions: true,
  binaryOptions: true,
  acceptCompression: true,
  compressMinBytes: true,
  requireConnectProtocolHeader: true,
  shutdownSignal: true,
} satisfies Record<keyof FetchHandlerOptions, true>;

/** Answers requests of the Fetch API. */
export type FetchHandler = (request: Request) => Promise<Response>;

/**
 * Serve over the Fetch API: route handlers of Next's app router, Hono, Bun, Deno, Workers.
 *
 * gRPC-Web and Connect, with all kinds of RPC that the host can carry: gRPC needs trailers, which the Fetch API has
 * not, and both directions at once need a host that answers before the request has ended.
 *
 *     const handler = createFetchHandler(createAuth({ routes, issuers, audience: "ledger" }));
 *     export { handler as GET, handler as POST };
 *
 * @param auth what `createAuth` returned
 * @returns a handler that never rejects
 * @throws TypeError when `auth` is none, an option has no known name, or the prefix does not begin with a slash, or ends with one
 */
export function createFetchHandler(auth: Auth, options: FetchHandlerOptions = {}): FetchHandler {
  assertOptionNames("createFetchHandler", options, OPTION_NAMES);
  if (typeof (auth as Partial<Auth> | undefined)?.requestGate !== "function") {
    throw new TypeError("createFetchHandler needs what createAuth returns, as in createFetchHandler(auth)");
  }
  const {
    prefix = "",
    contextValues,
    fallback = respondNotFound,
    onError = printError,
    ...routerOptions
  } = options;
  const report = isolateSink(onError);
  if (prefix !== "" && !/^\/.*[^/]$/.test(prefix)) {
    throw new TypeError('prefix must begin with a slash and not end with one, such as "/api"');
  }
  const allOptions: ConnectRouterOptions = {
    readMaxBytes: auth.readMaxBytes,
    ...routerOptions,
    grpc: false,
    requestGate: auth.requestGate,
  };
  const router = createConnectRouter(allOptions);
  describeRouter(router, allOptions);
  auth.routes(router);
  const handlers = new Map(router.handlers.map((handler) => [prefix + handler.requestPath, handler]));
  // Whatever the prefix is: clients look for them behind the host (RFC 9728 §3.1).
  const documents = new Map(Object.entries(auth.documents));
  return async (request) => {
    try {
      const { pathname } = new URL(request.url);
      const handler = handlers.get(pathname);
      if (handler === undefined) {
        const answer = documents.get(pathname) ?? fallback;
        return await answer(request);
      }
      const values = withoutNodeRequest(contextValues?.(request));
      // Not every host says with the signal of the request that the client has left: some only cancel the response. As in
      // Connect's adapters for Node, it aborts behind the response, too.
      const over = new AbortController();
      const signal = AbortSignal.any([request.signal, over.signal]);
      const response = await handler(toServerRequest(request, values, signal));
      return toResponse(response, (reason) => over.abort(reason));
    } catch (error) {
      // What a handler throws is answered by Connect: this is a hook of the application.
      report(error);
      return new Response(null, { status: 500 });
    }
  };
}

type RpcHandler = ConnectRouter["handlers"][number];
type ServerRequest = Parameters<RpcHandler>[0];
type ServerResponse = Awaited<ReturnType<RpcHandler>>;

function respondNotFound(): Response {
  return new Response(null, { status: 404 });
}

function printError(error: unknown): void {
  // biome-ignore lint/suspicious/noConsole: the default where the application gave no onError
  console.error("countersign: a hook of the fetch handler threw", error);
}

function toServerRequest(request: Request, contextValues: ContextValues, signal: AbortSignal): ServerRequest {
  return {
    // The Fetch API does not say. Whether both directions at once work is up to the host, which HTTP/2 does not forbid.
    httpVersion: "2.0",
    method: request.method,
    url: request.url,
    header: request.headers,
    body: readBody(request.body),
    signal,
    contextValues,
  };
}

/** With a reader: not every host can iterate over a stream. */
async function* readBody(body: ReadableStream<Uint8Array> | null): AsyncGenerator<Uint8Array> {
  const reader = body?.getReader();
  if (reader === undefined) {
    return;
  }
  try {
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      yield part.value;
    }
  } catch (reason) {
    // Each host has an error of its own for a client that has left. None of them is one of the server.
    throw new ConnectError("the request was broken off", Code.Aborted, undefined, undefined, reason);
  } finally {
    // The call needs no more of the body. A source that cannot be cancelled changes nothing about its answer.
    reader.cancel().catch(() => undefined);
  }
}

type OnOver = (reason?: unknown) => void;

function toResponse({ status, header, body }: ServerResponse, onOver: OnOver): Response {
  if (body === undefined) {
    onOver();
  }
  return new Response(body === undefined ? null : toStream(body, onOver), {
    status,
    ...(header === undefined ? {} : { headers: header }),
  });
}

function toStream(body: AsyncIterable<Uint8Array>, onOver: OnOver): ReadableStream<Uint8Array> {
  const parts = body[Symbol.asyncIterator]();
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const part = await parts.next();
      if (part.done === true) {
        controller.close();
        onOver();
      } else {
        controller.enqueue(part.value);
      }
    },
    // The client has left: the handler's signal aborts, and the response does not wait for it.
    cancel(reason) {
      onOver(reason);
      (parts.throw?.(reason) ?? parts.return?.())?.catch(() => undefined);
    },
  });
}
