import { create, type DescMethod, type Message, type MessageInitShape } from "@bufbuild/protobuf";
import type {
  HandlerContext,
  Interceptor,
  StreamRequest,
  StreamResponse,
  UnaryRequest,
  UnaryResponse,
} from "@connectrpc/connect";
import { createLazyView } from "../lazy-view.ts";

type Next = ReturnType<Interceptor>;
type AnyRequest = UnaryRequest | StreamRequest;
type Init = MessageInitShape<DescMethod["output"]>;

/** What requests and responses of unary calls have in common. */
const COMMON = {
  stream: (): false => false,
  message: ({ message }: UnaryView) => message,
  method: ({ ctx }: UnaryView) => ctx.method as UnaryRequest["method"], // only calls of unary methods are viewed so
  service: ({ ctx }: UnaryView) => ctx.method.parent,
};

interface UnaryView {
  readonly ctx: HandlerContext;
  readonly message: Message;
}

const toUnaryRequest = createLazyView<UnaryRequest, UnaryView>({
  ...COMMON,
  requestMethod: ({ ctx }) => ctx.requestMethod,
  url: ({ ctx }) => ctx.url,
  signal: ({ ctx }) => ctx.signal,
  header: ({ ctx }) => ctx.requestHeader,
  contextValues: ({ ctx }) => ctx.values,
});

const toUnaryResponse = createLazyView<UnaryResponse, UnaryView>({
  ...COMMON,
  header: ({ ctx }) => ctx.responseHeader,
  trailer: ({ ctx }) => ctx.responseTrailer,
});

/** What interceptors have made of the request is what the handler gets. */
const toHandlerContext = createLazyView<HandlerContext, { ctx: HandlerContext; req: AnyRequest }>({
  method: ({ ctx }) => ctx.method,
  service: ({ req }) => req.service,
  requestMethod: ({ ctx }) => ctx.requestMethod,
  protocolName: ({ ctx }) => ctx.protocolName,
  url: ({ ctx }) => ctx.url,
  signal: ({ req }) => req.signal,
  timeoutMs: ({ ctx }) => ctx.timeoutMs,
  requestHeader: ({ req }) => req.header,
  responseHeader: ({ ctx }) => ctx.responseHeader,
  responseTrailer: ({ ctx }) => ctx.responseTrailer,
  values: ({ req }) => req.contextValues,
});

/**
 * Run interceptors around the handler of a unary call, as Connect does: anew for every call, because they may keep
 * state of it. Nothing of the call is made that none of them asks for.
 */
export async function interceptUnary(
  interceptors: readonly Interceptor[],
  { message, ctx }: UnaryView,
  handler: (message: Message, ctx: HandlerContext) => Init | PromiseLike<Init>,
): Promise<Message> {
  let own: UnaryResponse | undefined;
  const next = applyInterceptors(interceptors, async (req) => {
    const init = await handler(req.message as Message, toHandlerContext({ ctx, req })); // a unary call has one message
    own = toUnaryResponse({ ctx, message: create(ctx.method.output, init) });
    return own;
  });
  const res = await next(toUnaryRequest({ ctx, message }));
  if (res !== own) {
    copyHeaders(res.header, ctx.responseHeader);
    copyHeaders(res.trailer, ctx.responseTrailer);
  }
  return res.message as Message; // a unary call has one message
}

/** The same around the handler of a stream: one message, too, is a stream to an interceptor. */
export async function* interceptStream(
  interceptors: readonly Interceptor[],
  call: { readonly messages: AsyncIterable<Message>; readonly ctx: HandlerContext },
  handler: (messages: AsyncIterable<Message>, ctx: HandlerContext) => AsyncIterable<Init>,
): AsyncGenerator<Message> {
  const { messages, ctx } = call;
  const next = applyInterceptors(interceptors, async (req) => {
    const inits = handler(req.message as AsyncIterable<Message>, toHandlerContext({ ctx, req })); // that of a stream
    return toStreamResponse(ctx, toMessages(ctx.method, inits));
  });
  const res = await next(toStreamRequest(ctx, messages));
  addHeaders(res.header, ctx.responseHeader);
  yield* res.message as AsyncIterable<Message>; // that of a stream
  copyHeaders(res.trailer, ctx.responseTrailer);
}

function applyInterceptors(
  interceptors: readonly Interceptor[],
  innermost: (req: AnyRequest) => Promise<UnaryResponse | StreamResponse>,
): Next {
  let next: Next = innermost;
  for (const interceptor of interceptors.toReversed()) {
    next = interceptor(next);
  }
  return next;
}

function toStreamRequest(ctx: HandlerContext, message: AsyncIterable<Message>): StreamRequest {
  return {
    stream: true,
    requestMethod: ctx.requestMethod,
    url: ctx.url,
    signal: ctx.signal,
    header: ctx.requestHeader,
    service: ctx.service,
    method: ctx.method as StreamRequest["method"], // only calls of methods with streams are viewed so
    contextValues: ctx.values,
    message,
  };
}

function toStreamResponse(ctx: HandlerContext, message: AsyncIterable<Message>): StreamResponse {
  return {
    stream: true,
    service: ctx.service,
    method: ctx.method as StreamResponse["method"], // as above
    header: ctx.responseHeader,
    trailer: ctx.responseTrailer,
    message,
  };
}

async function* toMessages(method: DescMethod, inits: AsyncIterable<Init>): AsyncGenerator<Message> {
  for await (const init of inits) {
    yield create(method.output, init);
  }
}

/** To the letter what Connect does: deleting while it goes through them leaves some of the old fields. */
function copyHeaders(from: Headers, to: Headers): void {
  if (from === to) {
    return;
  }
  to.forEach((_, name) => {
    to.delete(name);
  });
  from.forEach((value, name) => {
    to.set(name, value);
  });
}

/** Nothing is deleted: the header says how long the stream lasts before any interceptor has seen it. */
function addHeaders(from: Headers, to: Headers): void {
  if (from !== to) {
    from.forEach((value, name) => {
      to.set(name, value);
    });
  }
}
