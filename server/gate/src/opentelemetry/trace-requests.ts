import {
  type Context,
  context,
  propagation,
  type Span,
  SpanKind,
  SpanStatusCode,
  type TextMapGetter,
  trace,
} from "@opentelemetry/api";
import { isTraced, TRACER, withServerSpan } from "./server-span.ts";

/** The header of a request, as Node.js has it. */
type NodeHeaders = Readonly<Record<string, string | readonly string[] | number | undefined>>;

/** What ends with a request of Node.js. */
interface Closing {
  once(event: "close", listener: () => void): unknown;
}

/** A request and a response of either version of HTTP. */
interface TracedRequest {
  readonly headers: NodeHeaders;
  readonly method?: string | undefined;
}

interface TracedResponse extends Closing {
  readonly statusCode: number;
}

/** A stream of HTTP/2, as Node.js has it. */
interface TracedStream extends Closing {
  readonly sentHeaders?: NodeHeaders | undefined;
  readonly sentTrailers?: NodeHeaders | undefined;
}

/** A handler of requests for `listen` of `@countersign/node`, as far as it is traced. */
export interface TraceableHandler {
  handle(req: TracedRequest, res: TracedResponse): void;
  onStream?(stream: TracedStream, headers: NodeHeaders, rawHeaders: readonly string[]): boolean;
}

/**
 * Give each request that a handler of Node.js answers a span, which is part of the caller's trace, and the parent of what is done
 * for it: decisions, queries and your own spans.
 *
 *     await listen(traceHandler(buildRequestListener(auth)))
 *
 * The span is named after the RPC once `createTraceObserver` knows it, and ends with the response. When no provider of traces is
 * registered, the handler itself is returned.
 */
export function traceHandler<Handler extends TraceableHandler>(handler: Handler): Handler {
  if (!isTraced()) {
    return handler;
  }
  const onStream = handler.onStream?.bind(handler);
  return {
    ...handler,
    handle(req: TracedRequest, res: TracedResponse) {
      const { span, inside } = begin(req.headers, req.method);
      res.once("close", () => end(span, res.statusCode));
      // What listens to them goes on in the same trace.
      context.bind(inside, req);
      context.bind(inside, res);
      context.with(inside, () => handler.handle(req, res));
    },
    ...(onStream && {
      onStream(stream: TracedStream, headers: NodeHeaders, rawHeaders: readonly string[]) {
        const { span, inside } = begin(headers, String(headers[":method"]));
        const isTaken = context.with(inside, () =>
          onStream(context.bind(inside, stream), headers, rawHeaders),
        );
        // One that it has not taken comes to `handle`, with a span of its own: this one is never ended, and never exported.
        if (isTaken) {
          stream.once("close", () => endStream(span, stream));
        }
        return isTaken;
      },
    }),
  };
}

/** The same for a handler of the web's requests, such as that of `createFetchHandler`. The span ends when the response begins. */
export function traceFetch<Rest extends readonly unknown[]>(
  handler: (request: Request, ...rest: Rest) => Promise<Response>,
): (request: Request, ...rest: Rest) => Promise<Response> {
  if (!isTraced()) {
    return handler;
  }
  return async (request, ...rest) => {
    const { span, inside } = begin(Object.fromEntries(request.headers), request.method);
    try {
      const response = await context.with(inside, () => handler(request, ...rest));
      end(span, response.status);
      return response;
    } catch (error) {
      end(span, 500);
      throw error;
    }
  };
}

const GETTER: TextMapGetter<NodeHeaders> = {
  keys: (headers) => Object.keys(headers),
  get(headers, name) {
    const value = headers[name.toLowerCase()];
    return typeof value === "number" ? String(value) : (value as string | string[] | undefined); // it is only read
  },
};

const METHODS: ReadonlySet<string> = new Set(["GET", "HEAD", "POST", "OPTIONS"]);

function begin(headers: NodeHeaders, given = ""): { readonly span: Span; readonly inside: Context } {
  // A stranger can send any: a name, and a value that is counted, comes from a closed list.
  const method = METHODS.has(given) ? given : "_OTHER";
  const parent = propagation.extract(context.active(), headers, GETTER);
  const attributes = { "http.request.method": method, "rpc.system": systemOf(headers["content-type"]) };
  const span = trace.getTracer(TRACER).startSpan(method, { kind: SpanKind.SERVER, attributes }, parent);
  return { span, inside: withServerSpan(parent, span) };
}

function systemOf(type: NodeHeaders[string]): string | undefined {
  if (typeof type !== "string") {
    return undefined;
  }
  return type.startsWith("application/grpc") ? "grpc" : "connect_rpc";
}

function endStream(span: Span, { sentHeaders, sentTrailers }: TracedStream): void {
  const code = sentTrailers?.["grpc-status"] ?? sentHeaders?.["grpc-status"];
  if (code !== undefined) {
    span.setAttribute("rpc.grpc.status_code", Number(code));
  }
  end(span, Number(sentHeaders?.[":status"] ?? 0));
}

/** @param status 0: there was no response */
function end(span: Span, status: number): void {
  if (status > 0) {
    span.setAttribute("http.response.status_code", status);
  }
  if (status >= 500) {
    span.setStatus({ code: SpanStatusCode.ERROR });
  }
  span.end();
}
