import { AsyncLocalStorage } from "node:async_hooks";
import { EventEmitter } from "node:events";
import {
  type Attributes,
  type Context,
  type ContextManager,
  context,
  propagation,
  ROOT_CONTEXT,
  type Span,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  type TextMapPropagator,
  TraceFlags,
  trace,
} from "@opentelemetry/api";

/** A span that has ended. */
export interface RecordedSpan {
  name: string;
  readonly kind: SpanKind;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentId: string | undefined;
  readonly attributes: Attributes;
  readonly events: { readonly name: string; readonly attributes: Attributes }[];
  isFailed: boolean;
  readonly startMs: number;
  endMs: number;
}

/** What was recorded while providers were registered. */
export interface RecordedTraces extends Disposable {
  /** In the order in which they ended. */
  readonly spans: readonly RecordedSpan[];
}

/** Register a provider of traces that keeps what has ended, a context that goes with promises, and W3C's header. */
export function recordTraces(): RecordedTraces {
  const spans: RecordedSpan[] = [];
  context.setGlobalContextManager(createContextManager());
  propagation.setGlobalPropagator(traceparent);
  trace.setGlobalTracerProvider({ getTracer: () => createTracer(spans) });
  return {
    spans,
    [Symbol.dispose]() {
      trace.disable();
      propagation.disable();
      context.disable();
    },
  };
}

type Tracer = ReturnType<typeof trace.getTracer>;

let made = 0;

function createTracer(ended: RecordedSpan[]): Tracer {
  const startSpan: Tracer["startSpan"] = (name, options = {}, parent = context.active()) => {
    made += 1;
    const above = trace.getSpanContext(parent);
    const spanId = made.toString(16).padStart(16, "0");
    const recorded: RecordedSpan = {
      name,
      kind: options.kind ?? SpanKind.INTERNAL,
      traceId: above?.traceId ?? spanId.padStart(32, "0"),
      spanId,
      parentId: above?.spanId,
      attributes: definedOf(options.attributes),
      events: [],
      isFailed: false,
      startMs: Number(options.startTime ?? Number.NaN),
      endMs: Number.NaN,
    };
    return toSpan(recorded, ended);
  };
  return {
    startSpan,
    // The ways to call it differ in what stands before the function, which comes last.
    startActiveSpan: ((name: string, ...rest: readonly unknown[]) => {
      const work = rest.at(-1) as (span: Span) => unknown;
      const span = startSpan(name, rest.length > 1 ? (rest[0] as object) : {});
      return context.with(trace.setSpan(context.active(), span), () => work(span));
    }) as Tracer["startActiveSpan"],
  };
}

function toSpan(recorded: RecordedSpan, ended: RecordedSpan[]): Span {
  const { traceId, spanId } = recorded;
  const span: Span = {
    spanContext: (): SpanContext => ({ traceId, spanId, traceFlags: TraceFlags.SAMPLED }),
    setAttribute: (name, value) => span.setAttributes({ [name]: value }),
    setAttributes(attributes) {
      Object.assign(recorded.attributes, definedOf(attributes));
      return span;
    },
    addEvent(name, attributes) {
      recorded.events.push({ name, attributes: definedOf(attributes as Attributes) });
      return span;
    },
    addLink: () => span,
    addLinks: () => span,
    setStatus({ code }) {
      recorded.isFailed = code === SpanStatusCode.ERROR;
      return span;
    },
    updateName(name) {
      recorded.name = name;
      return span;
    },
    end(endTime) {
      recorded.endMs = Number(endTime ?? Number.NaN);
      ended.push(recorded);
    },
    isRecording: () => true,
    recordException: () => undefined,
  };
  return span;
}

function definedOf(attributes: Attributes = {}): Attributes {
  return Object.fromEntries(Object.entries(attributes).filter(([, value]) => value !== undefined));
}

function createContextManager(): ContextManager {
  const storage = new AsyncLocalStorage<Context>();
  const manager: ContextManager = {
    active: () => storage.getStore() ?? ROOT_CONTEXT,
    with: (active, work, self, ...args) => storage.run(active, () => work.call(self, ...args)),
    bind(active, target) {
      if (target instanceof EventEmitter) {
        bindListeners(target, (work) => storage.run(active, work));
      }
      return target;
    },
    enable: () => manager,
    disable: () => manager,
  };
  return manager;
}

/** Call what is added to an emitter from now on as `run` does. */
function bindListeners(emitter: EventEmitter, run: (work: () => unknown) => unknown): void {
  for (const name of ["on", "once", "addListener"] as const) {
    const add = emitter[name];
    emitter[name] = function addBound(event, listener: (...args: unknown[]) => unknown) {
      function bound(this: unknown, ...args: unknown[]): void {
        run(() => listener.apply(this, args));
      }
      // By this, Node.js finds the one that is to be removed.
      return add.call(this, event, Object.assign(bound, { listener }));
    };
  }
}

const traceparent: TextMapPropagator = {
  fields: () => ["traceparent"],
  inject(active, carrier, setter) {
    const span = trace.getSpanContext(active);
    if (span !== undefined) {
      setter.set(carrier, "traceparent", `00-${span.traceId}-${span.spanId}-01`);
    }
  },
  extract(active, carrier, getter) {
    const [, traceId, spanId] =
      /^00-([0-9a-f]{32})-([0-9a-f]{16})-/.exec(String(getter.get(carrier, "traceparent"))) ?? [];
    return traceId === undefined || spanId === undefined
      ? active
      : trace.setSpanContext(active, { traceId, spanId, traceFlags: TraceFlags.SAMPLED, isRemote: true });
  },
};
