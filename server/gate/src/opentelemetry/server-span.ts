import { type Context, context, createContextKey, type Span, trace } from "@opentelemetry/api";

/** The name under which spans are made. */
export const TRACER = "@countersign/server";

const SERVER_SPAN = createContextKey("the span of the request");

/** Make a span the one of the request, and the parent of what is done for it. */
export function withServerSpan(parent: Context, span: Span): Context {
  return trace.setSpan(parent, span).setValue(SERVER_SPAN, span);
}

/** Find the span of the request that is being answered; undefined: it is not traced, or there is none. */
export function serverSpan(): Span | undefined {
  // Only the function above puts a value under this key.
  return context.active().getValue(SERVER_SPAN) as Span | undefined;
}

/** Check whether a provider of traces is registered. Without one, nothing is wrapped, and nothing is observed. */
export function isTraced(): boolean {
  const provider: object = trace.getTracerProvider();
  // The one of the API, which stands for the one that is registered, has none that it stands for.
  return !(
    "getDelegateTracer" in provider &&
    typeof provider.getDelegateTracer === "function" &&
    provider.getDelegateTracer(TRACER) === undefined
  );
}
