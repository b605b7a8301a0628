import { create } from "@bufbuild/protobuf";
import {
  Code,
  ConnectError,
  encodeBinaryHeader,
  type Interceptor,
  type UnaryRequest,
  type UnaryResponse,
} from "@connectrpc/connect";
import {
  describeError,
  describeHeaders,
  describeMessage,
  describeSignal,
  type Journal,
  noteKey,
} from "./journal.ts";
import { ECHO_SCHEMA } from "./service.ts";

type Next = (req: UnaryRequest) => Promise<UnaryResponse>;
type Alteration = (next: Next, req: UnaryRequest) => Promise<UnaryResponse>;

/** What an interceptor can be asked to do, with header `x-interceptor`. */
const ALTERATIONS: Readonly<Record<string, Alteration>> = {
  "request-header": (next, req) => {
    req.header.set("x-set", "by an interceptor");
    req.header.append("x-twice", "again");
    req.header.delete("x-removed");
    return next(req);
  },
  "request-message": (next, req) => next({ ...req, message: create(ECHO_SCHEMA, { text: "replaced" }) }),
  "context-value": (next, req) => {
    req.contextValues.set(noteKey, "set");
    return next(req);
  },
  "response-header": async (next, req) => {
    const res = await next(req);
    for (const headers of [res.header, res.trailer]) {
      headers.set("x-set", "by an interceptor");
      headers.append("x-twice", "one");
      headers.append("x-twice", "two");
      headers.set("x-set-bin", encodeBinaryHeader(Uint8Array.from([0, 255])));
      headers.delete("x-removed");
    }
    return res;
  },
  "response-message": async (next, req) => ({
    ...(await next(req)),
    message: create(ECHO_SCHEMA, { text: "another answer" }),
  }),
  "response-plain": async (next, req) => {
    const res = await next(req);
    return { ...res, message: { $typeName: ECHO_SCHEMA.typeName, text: "not made by create" } };
  },
  "new-headers": async (next, req) => ({
    ...(await next(req)),
    header: new Headers({ "x-new": "header", "content-type": "application/grpc+proto" }),
    trailer: new Headers({ "x-new": "trailer", "grpc-status": "0" }),
  }),
  "throw-before": () => {
    throw new ConnectError("refused by an interceptor", Code.FailedPrecondition, { "x-why": "because" });
  },
  "reject-before": () => Promise.reject(new TypeError("a secret of an interceptor")),
  "throw-after": async (next, req) => {
    await next(req);
    throw new ConnectError("regretted by an interceptor", Code.DataLoss);
  },
  swallow: async (next, req) => {
    try {
      return await next(req);
    } catch (error) {
      return toResponse(req, describeError(error));
    }
  },
  translate: (next, req) =>
    next(req).catch((error: unknown) => {
      throw new ConnectError(describeError(error), Code.OutOfRange, { "x-translated": "yes" });
    }),
  "answer-itself": (_, req) => Promise.resolve(toResponse(req, "without the handler")),
  twice: async (next, req) => {
    await next(req);
    return next(req);
  },
  late: async (next, req) => {
    await new Promise((resolve) => void setImmediate(resolve));
    return next(req);
  },
};

function toResponse({ service, method }: UnaryRequest, text: string): UnaryResponse {
  const message = create(ECHO_SCHEMA, { text });
  return { stream: false, service, method, header: new Headers(), trailer: new Headers(), message };
}

/** Create an interceptor that does what the header asks of the one of its name, and writes down what it sees. */
export function createRecordedInterceptor(name: string, journal: Journal): Interceptor {
  return (next) => async (req) => {
    if (req.stream) {
      return next(req);
    }
    journal.note(`${name}: request`, describeRequest(req));
    const [place, wish = ""] = req.header.get("x-interceptor")?.split(" ") ?? [];
    const alteration = place === name ? ALTERATIONS[wish] : undefined;
    try {
      const inner: Next = async (changed) => {
        const res = await next(changed);
        if (res.stream) {
          throw new Error("a unary call was answered with a stream");
        }
        return res;
      };
      const res = await (alteration === undefined ? inner(req) : alteration(inner, req));
      journal.note(`${name}: response`, describeResponse(res));
      return res;
    } catch (error) {
      journal.note(`${name}: error`, describeError(error));
      throw error;
    } finally {
      journal.note(`${name}: signal`, describeSignal(req.signal));
    }
  };
}

function describeRequest(req: UnaryRequest): object {
  return {
    stream: req.stream,
    service: req.service.typeName,
    method: req.method.name,
    url: req.url,
    requestMethod: req.requestMethod,
    header: describeHeaders(req.header),
    message: describeMessage(ECHO_SCHEMA, req.message),
    note: req.contextValues.get(noteKey),
    signal: describeSignal(req.signal),
    parts: Object.keys(req).sort(),
  };
}

function describeResponse(res: UnaryResponse): object {
  return {
    stream: res.stream,
    service: res.service.typeName,
    method: res.method.name,
    header: describeHeaders(res.header),
    trailer: describeHeaders(res.trailer),
    message: describeMessage(ECHO_SCHEMA, res.message),
    parts: Object.keys(res).sort(),
  };
}
