import type { HandlerContext } from "@connectrpc/connect";
import type { LazySignal } from "../../kernel/lazy-signal.ts";
import { requestHeaderOf, setCallSource } from "../call-source.ts";
import { createLazyView } from "../lazy-view.ts";

/** What the context of a stream is made of. */
interface StreamView {
  /** That of its call. */
  readonly ctx: HandlerContext;
  /** When the stream is over. */
  readonly state: LazySignal;
}

const toContext = createLazyView<HandlerContext, StreamView>({
  method: ({ ctx }) => ctx.method,
  service: ({ ctx }) => ctx.service,
  requestMethod: ({ ctx }) => ctx.requestMethod,
  protocolName: ({ ctx }) => ctx.protocolName,
  url: ({ ctx }) => ctx.url,
  signal: ({ state }) => state.signal,
  timeoutMs: ({ ctx }) => ctx.timeoutMs,
  requestHeader: ({ ctx }) => ctx.requestHeader,
  responseHeader: ({ ctx }) => ctx.responseHeader,
  responseTrailer: ({ ctx }) => ctx.responseTrailer,
  values: ({ ctx }) => ctx.values,
});

/** Create the context of a stream: that of its call, with another signal. What no handler reads of it is not made. */
export function createStreamContext(ctx: HandlerContext, state: LazySignal): HandlerContext {
  const own = toContext({ ctx, state });
  setCallSource(own, { signal: state, header: requestHeaderOf(ctx) });
  return own;
}
