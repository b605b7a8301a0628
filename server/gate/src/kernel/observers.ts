import type { AuditSink } from "./audit.ts";
import type { Clock } from "./clock.ts";
import type { Observer } from "./observe.ts";
import { createRefusalLog } from "./refusal-log.ts";

/** The methods of an observer. */
const METHODS = Object.keys({
  callDecided: true,
  keysFetched: true,
  storeQueried: true,
  refreshDecided: true,
  audited: true,
  streamOpened: true,
  streamRenewed: true,
  renewalAsked: true,
  streamEnded: true,
  signalReceived: true,
  logoutReceived: true,
  feedServed: true,
  busTested: true,
  schemaRead: true,
} satisfies Record<keyof Observer, true>) as readonly (keyof Observer)[]; // the keys that were just written

/** An observer whose methods stand on their own, and do not throw: as it is used inside. */
export type IsolatedObserver = {
  readonly [Name in keyof Observer]: (this: void, event: Parameters<NonNullable<Observer[Name]>>[0]) => void;
};

/** A method, whatever its event is. It may be an async one, although its type says that it returns nothing. */
type Observe = (event: never) => unknown;

/**
 * Join observers into one. One that throws keeps nothing from the others.
 *
 *     createAuth({ observe: joinObservers(metrics, traces), … })
 */
export function joinObservers(...observers: readonly Observer[]): Observer {
  return joinMethods(observers);
}

function joinMethods(observers: readonly Observer[]): IsolatedObserver {
  return mapMethods((name) => {
    const [first, ...others] = observers.flatMap((observer) => methodOf(observer, name) ?? []);
    if (first === undefined || others.length === 0) {
      return first;
    }
    return observeAll([first, ...others]);
  });
}

function observeAll(all: readonly Observe[]): Observe {
  return (event) => {
    let pending: Promise<unknown> | undefined;
    const wait = (result: Promise<unknown>): void => {
      pending = pending === undefined ? result : Promise.all([pending, result]);
    };
    for (const observe of all) {
      try {
        const result = observe(event);
        if (result instanceof Promise) {
          wait(result);
        }
      } catch (error) {
        wait(Promise.reject(error));
      }
    }
    return pending;
  };
}

/** How often failures of an observer are reported, in milliseconds: each call may meet them. */
const REPORT_EVERY_MS = 60_000;

/** What failures of an observer are reported with. */
export interface ObserverFailures {
  /** It must not throw: see `resolveWarningSink`. */
  readonly onWarning: (message: string) => void;
  readonly clock: Clock;
}

/** Who observes a server. */
export interface ServerObservers {
  readonly observe?: Observer;
  readonly audit?: AuditSink;
  /** Whether refusals are written to `onWarning`, one line for each cause and minute. Default: false. */
  readonly logRefusals?: boolean;
}

/** Join the observer, the audit sink and the log of a server, none of which can make it fail. */
export function resolveObserver(
  { observe, audit, logRefusals = false }: ServerObservers,
  failures: ObserverFailures,
): IsolatedObserver {
  const { clock, onWarning } = failures;
  const observers = [
    ...(audit === undefined ? [] : [auditTo(audit)]),
    ...(observe === undefined ? [] : [observe]),
    ...(logRefusals ? [createRefusalLog({ write: onWarning, clock })] : []),
  ];
  const isolated = observers.map((observer) => isolateObserver(observer, failures));
  return joinMethods(isolated);
}

/**
 * Keep what an observer throws from what it observes, and what it rejects with from the process: neither decides whether
 * a call is let in. Both are reported, once a minute.
 */
export function isolateObserver(
  observer: Observer,
  { onWarning, clock }: ObserverFailures,
): IsolatedObserver {
  let nextAtMs = Number.NEGATIVE_INFINITY;
  const warn = (name: string, error: unknown): void => {
    if (clock.monotonicMs() >= nextAtMs) {
      nextAtMs = clock.monotonicMs() + REPORT_EVERY_MS;
      onWarning(`an observer failed in ${name}, and an event is lost: ${String(error)}`);
    }
  };
  return mapMethods((name) => {
    const observe = methodOf(observer, name);
    if (observe === undefined) {
      return undefined;
    }
    return (event) => {
      try {
        const result = observe(event);
        if (result instanceof Promise) {
          result.catch((error: unknown) => warn(name, error));
        }
      } catch (error) {
        warn(name, error);
      }
    };
  });
}

/** Make the observer that passes audit events to a sink. */
export function auditTo(sink: AuditSink): Observer {
  return { audited: (event) => sink.record(event) };
}

/** Make the sink that passes audit events to an observer. */
export function auditOf(observer: IsolatedObserver): AuditSink {
  return { record: (event) => observer.audited?.(event) };
}

/** Looked up once: an observer may be an object of a class. */
function methodOf(observer: Observer, name: keyof Observer): Observe | undefined {
  const method: Observe | undefined = observer[name];
  return method === undefined ? undefined : (event) => method.call(observer, event);
}

/** Make an observer of methods, each by its name. Those that are undefined are absent. */
function mapMethods(toMethod: (name: keyof Observer) => Observe | undefined): IsolatedObserver {
  const entries = METHODS.flatMap((name) => {
    const method = toMethod(name);
    return method === undefined ? [] : [[name, method] as const];
  });
  // Each method stands under the name that it was made for.
  return Object.fromEntries(entries) as IsolatedObserver;
}
