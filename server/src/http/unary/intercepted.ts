import type { HandlerContext, Interceptor, UnaryRequest, UnaryResponse } from "@connectrpc/connect";
import type { UnaryCall } from "./call.ts";
import { callHandler, type Message } from "./call-handler.ts";
import { createLazyView } from "./lazy-view.ts";

type Next = ReturnType<Interceptor>;
type AnyRequest = Parameters<Next>[0];

interface Carrier {
  readonly call: UnaryCall;
  readonly context: HandlerContext;
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
  requestMethod: ({ context }) => context.requestMethod,
  url: ({ context }) => context.url,
  signal: ({ context }) => context.signal,
  header: ({ context }) => context.requestHeader,
  contextValues: ({ context }) => context.values,
});

const toResponse = createLazyView<UnaryResponse, Carrier>({
  ...COMMON,
  header: ({ context }) => context.responseHeader,
  trailer: ({ context }) => context.responseTrailer,
});

/** What interceptors have made of the request is what the handler gets. */
const toHandlerContext = createLazyView<HandlerContext, { context: HandlerContext; req: AnyRequest }>({
  method: ({ context }) => context.method,
  service: ({ req }) => req.service,
  requestMethod: ({ context }) => context.requestMethod,
  protocolName: ({ context }) => context.protocolName,
  url: ({ context }) => context.url,
  signal: ({ req }) => req.signal,
  timeoutMs: ({ context }) => context.timeoutMs,
  requestHeader: ({ req }) => req.header,
  responseHeader: ({ context }) => context.responseHeader,
  responseTrailer: ({ context }) => context.responseTrailer,
  values: ({ req }) => req.contextValues,
});

/** Run interceptors around a handler, as Connect does: anew for every call, because they may keep state of it. */
export async function runIntercepted(carrier: Carrier): Promise<Message> {
  const { call, context } = carrier;
  const { spec, plan } = call.parts.method;
  let own: UnaryResponse | undefined;
  let next: Next = async (req) => {
    const handlerContext = toHandlerContext({ context, req });
    const message = await callHandler(spec, req.message as Message, handlerContext); // it is a unary call
    own = toResponse({ call, context, message });
    return own;
  };
  for (const interceptor of plan.interceptors.toReversed()) next = interceptor(next);
  const res = await next(toRequest(carrier));
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
