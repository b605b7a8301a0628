import type { HandlerContext, Interceptor, UnaryRequest, UnaryResponse } from "@connectrpc/connect";
import type { Call } from "./call.ts";
import { callHandler, type Message } from "./call-handler.ts";
import { createLazyView } from "./lazy-view.ts";

type Next = ReturnType<Interceptor>;
type AnyRequest = Parameters<Next>[0];

interface Carrier {
  readonly call: Call;
  readonly message: Message;
}

/** What requests and responses have in common. */
const COMMON = {
  stream: (): false => false,
  message: ({ message }: Carrier) => message,
  method: ({ call }: Carrier) => call.parts.method.spec.method,
  service: ({ call }: Carrier) => call.parts.method.spec.method.parent,
};

const toRequest = createLazyView<UnaryRequest, Carrier>({
  ...COMMON,
  requestMethod: ({ call }) => call.context.requestMethod,
  url: ({ call }) => call.context.url,
  signal: ({ call }) => call.context.signal,
  header: ({ call }) => call.context.requestHeader,
  contextValues: ({ call }) => call.context.values,
});

const toResponse = createLazyView<UnaryResponse, Carrier>({
  ...COMMON,
  header: ({ call }) => call.context.responseHeader,
  trailer: ({ call }) => call.context.responseTrailer,
});

/** What interceptors have made of the request is what the handler gets. */
const toHandlerContext = createLazyView<HandlerContext, { call: Call; req: AnyRequest }>({
  method: ({ call }) => call.context.method,
  service: ({ req }) => req.service,
  requestMethod: ({ call }) => call.context.requestMethod,
  protocolName: ({ call }) => call.context.protocolName,
  url: ({ call }) => call.context.url,
  signal: ({ req }) => req.signal,
  timeoutMs: ({ call }) => call.context.timeoutMs,
  requestHeader: ({ req }) => req.header,
  responseHeader: ({ call }) => call.context.responseHeader,
  responseTrailer: ({ call }) => call.context.responseTrailer,
  values: ({ req }) => req.contextValues,
});

/** Run interceptors around a handler, as Connect does: anew for every call, because they may keep state of it. */
export async function runIntercepted(call: Call, message: Message): Promise<Message> {
  const { context } = call;
  const { spec, plan } = call.parts.method;
  let own: UnaryResponse | undefined;
  let next: Next = async (req) => {
    const handlerContext = toHandlerContext({ call, req });
    const output = await callHandler(spec, req.message as Message, handlerContext); // it is a unary call
    own = toResponse({ call, message: output });
    return own;
  };
  for (const interceptor of plan.interceptors.toReversed()) next = interceptor(next);
  const res = await next(toRequest({ call, message }));
  if (res !== own || call.hasResponseFields) {
    copyHeaders(res.header, context.responseHeader);
    copyHeaders(res.trailer, context.responseTrailer);
  }
  return res.message as Message; // that of a unary response
}

/** To the letter what Connect does: deleting while it goes through them leaves some of the old fields. */
function copyHeaders(from: Headers, to: Headers): void {
  if (from === to) return;
  to.forEach((_, name) => {
    to.delete(name);
  });
  from.forEach((value, name) => {
    to.set(name, value);
  });
}
