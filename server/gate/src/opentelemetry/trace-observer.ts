import { type Attributes, SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";
import { assertOptionNames, systemClock } from "../internal.ts";
import type { AuditEvent } from "../kernel/audit.ts";
import type { CallDecision, Observer } from "../kernel/observe.ts";
import { isTraced, serverSpan, TRACER } from "./server-span.ts";

/** What {@link createTraceObserver} takes. */
export interface TraceObserverOptions {
  /**
   * What spans say of users. `pseudonymous`: the session, as `enduser.pseudo.id`, where one begins, is refreshed or ends.
   * `subject`: the subject, as `enduser.id`, beside it: personal data. `none`: nothing. Default: `pseudonymous`.
   */
  readonly endUser?: "none" | "pseudonymous" | "subject" | undefined;
}

const OPTION_NAMES: Readonly<Record<keyof TraceObserverOptions, true>> = { endUser: true };

/**
 * Create an observer that makes spans: of decisions, of keys that are fetched, of refreshes, of queries of the store, of the bus
 * and of what becomes known as revoked. They belong to the request of {@link traceHandler} or `traceFetch`, or to the
 * span that is active.
 *
 *     createAuth({ observe: createTraceObserver(), … })
 *
 * When no provider of traces is registered, it observes nothing: register yours before.
 *
 * @throws TypeError when an option has no known name or value
 */
export function createTraceObserver(options: TraceObserverOptions = {}): Observer {
  assertOptionNames("createTraceObserver", options, OPTION_NAMES);
  const { endUser = "pseudonymous" } = options;
  if (!["none", "pseudonymous", "subject"].includes(endUser)) {
    throw new TypeError("createTraceObserver: endUser must be none, pseudonymous or subject");
  }
  if (!isTraced()) {
    return {};
  }
  return {
    callDecided: traceDecision,
    keysFetched: ({ issuer, result, microseconds }) =>
      record("countersign.fetch_keys", {
        kind: SpanKind.CLIENT,
        attributes: { "countersign.issuer": issuer },
        isFailed: result === "failed",
        microseconds,
      }),
    storeQueried: ({ operation, table, result, microseconds }) =>
      record(table === undefined ? operation : `${operation} ${table}`, {
        kind: SpanKind.CLIENT,
        attributes: { "db.operation.name": operation, "db.collection.name": table },
        isFailed: result === "failed",
        microseconds,
      }),
    refreshDecided: ({ outcome, microseconds }) =>
      record("countersign.refresh", {
        attributes: { "countersign.outcome": outcome },
        isFailed: outcome === "INTERNAL",
        microseconds,
      }),
    busTested: ({ result, microseconds }) =>
      record("countersign.bus_test", {
        attributes: { "countersign.result": result },
        isFailed: result !== "delivered",
        microseconds,
      }),
    signalReceived: ({ kind, count }) =>
      record("countersign.signal", { attributes: { "countersign.kind": kind, "countersign.count": count } }),
    audited(event) {
      serverSpan()?.addEvent(`countersign.${event.type}`, { "countersign.reason": event.reason });
      serverSpan()?.setAttributes(toEndUser(event, endUser));
    },
  };
}

function traceDecision({ method, result, reason, decidedBy, cache, microseconds }: CallDecision): void {
  const attributes = {
    ...toRpc(method),
    "countersign.result": result,
    "countersign.reason": reason,
    "countersign.decided_by": decidedBy,
    "countersign.cache": cache,
  };
  record("countersign.decide", { attributes, isFailed: reason === "INTERNAL", microseconds });
  // Before, no method was known: the path is what a stranger chooses.
  serverSpan()?.updateName(method).setAttributes(toRpc(method));
}

function toRpc(method: string): Attributes {
  const [service, name] = method.split("/");
  return { "rpc.service": service, "rpc.method": name };
}

function toEndUser(
  { sessionId, subject }: AuditEvent,
  endUser: NonNullable<TraceObserverOptions["endUser"]>,
): Attributes {
  const pseudonym = endUser === "none" ? undefined : sessionId;
  return { "enduser.pseudo.id": pseudonym, "enduser.id": endUser === "subject" ? subject : undefined };
}

interface Recorded {
  readonly kind?: SpanKind;
  readonly attributes: Attributes;
  readonly isFailed?: boolean;
  /** How long it took, until now. Default: no time. */
  readonly microseconds?: number;
}

/** Record what has just ended. */
function record(
  name: string,
  { kind = SpanKind.INTERNAL, attributes, isFailed = false, microseconds = 0 }: Recorded,
): void {
  const endMs = systemClock.nowMs();
  const startTime = endMs - microseconds / 1_000;
  const span = trace.getTracer(TRACER).startSpan(name, { kind, attributes, startTime });
  if (isFailed) {
    span.setStatus({ code: SpanStatusCode.ERROR });
  }
  span.end(endMs);
}
