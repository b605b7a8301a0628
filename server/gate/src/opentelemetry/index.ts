export { traceFields } from "./trace-fields.ts";
export type { TraceObserverOptions } from "./trace-observer.ts";
export { createTraceObserver } from "./trace-observer.ts";
export type { TraceableHandler } from "./trace-requests.ts";
export { traceFetch, traceHandler } from "./trace-requests.ts";
