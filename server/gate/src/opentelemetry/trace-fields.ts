import { context, trace } from "@opentelemetry/api";

/**
 * Name the trace that is active, for a line of a log: `trace_id` and `span_id`; nothing when there is none.
 *
 *     pino({ mixin: traceFields })
 */
export function traceFields(): { readonly trace_id?: string; readonly span_id?: string } {
  const span = trace.getSpanContext(context.active());
  return span === undefined ? {} : { trace_id: span.traceId, span_id: span.spanId };
}
