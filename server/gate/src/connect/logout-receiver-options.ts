import type { TokenFailureLimit } from "../authenticate/authenticator.ts";
import { type Clock, resolveClock } from "../kernel/clock.ts";
import { isolateSink } from "../kernel/isolate-sink.ts";
import type { Observer } from "../kernel/observe.ts";
import { type IsolatedObserver, resolveObserver } from "../kernel/observers.ts";
import {
  assertOptions,
  FUNCTION,
  NUMBER,
  narrowing,
  OBJECT,
  type OptionForm,
  required,
  withMethods,
} from "../kernel/option-forms.ts";
import { resolveWarningSink } from "../kernel/warning-sink.ts";
import { describeLogoutGaps, type LogoutIssuer, resolveLogoutOptions } from "../logouts/logout-options.ts";
import type { LogoutSink } from "../logouts/logout-sink.ts";
import { resolveClockTolerance } from "./clock-tolerance.ts";
import type { IssuerOptions } from "./issuer-options.ts";
import { resolveIssuer } from "./resolve-issuer.ts";
import { type EventSource, resolveSharedSignals } from "./resolve-shared-signals.ts";
import { sendsLogouts } from "./sends-logouts.ts";

/** What {@link createLogoutReceiver} takes. */
export interface LogoutReceiverOptions {
  /** The issuers of the server, as `createAuth` has them: those with option `logout` or `sharedSignals` send something. */
  readonly issuers: readonly IssuerOptions[];
  /**
   * Where it is kept what has ended. `issuer.logouts` of `createIssuer`: in the store, for all servers on it and those with
   * `createSignals`. Default: in the memory of this process, until it ends.
   */
  readonly sink?: LogoutSink;
  /** How far the clocks of provider and server may lie apart, in seconds. Default: 5. */
  readonly clockToleranceSeconds?: number | undefined;
  /** How often one peer may send what no provider has signed: see `createRateLimit`. Default: no limit. */
  readonly tokenFailureLimit?: TokenFailureLimit;
  /** Observes what providers send, and what is revoked by it: see {@link Observer}. Default: none. */
  readonly observe?: Observer | undefined;
  /**
   * Receives at start what logouts may miss, and later why some are refused: one line a minute for each cause. Default:
   * console.warn.
   */
  readonly onWarning?: ((message: string) => void) | undefined;
  /** Receives unexpected errors, which leave as "internal error", and those of key sources. Default: console.error. */
  readonly onError?: ((error: unknown) => void) | undefined;
  /** The time. Default: the machine's. */
  readonly clock?: Clock | undefined;
}

const FORMS: Readonly<Record<keyof LogoutReceiverOptions, OptionForm>> = {
  issuers: required({ says: "must be a list of issuers", accepts: Array.isArray }),
  sink: narrowing(withMethods("take")),
  clockToleranceSeconds: NUMBER,
  tokenFailureLimit: narrowing(withMethods("assertAllowed", "take")),
  observe: OBJECT,
  onWarning: FUNCTION,
  onError: FUNCTION,
  clock: OBJECT,
};

/** Every option, with its default filled in. */
export interface ResolvedLogoutReceiverOptions {
  /** The issuers that send logouts, by their names. */
  readonly issuers: ReadonlyMap<string, LogoutIssuer>;
  /** What sends security events about tokens of issuers. */
  readonly eventSources: readonly EventSource[];
  /** Undefined: the memory of the process. */
  readonly sink: LogoutSink | undefined;
  readonly toleranceSeconds: number;
  readonly tokenFailureLimit: TokenFailureLimit | undefined;
  readonly observer: IsolatedObserver;
  readonly onWarning: (message: string) => void;
  readonly onError: (error: unknown) => void;
  readonly clock: Clock;
}

/**
 * Fill in the defaults, and say to `onWarning` what logouts may miss.
 *
 * @throws TypeError when an option is wrong, or no issuer has option `logout` or `sharedSignals`
 */
export function resolveLogoutReceiverOptions(options: LogoutReceiverOptions): ResolvedLogoutReceiverOptions {
  assertOptions("createLogoutReceiver", options, FORMS);
  const { sink, tokenFailureLimit, observe } = options;
  const clock = resolveClock(options.clock);
  const onWarning = resolveWarningSink(options.onWarning);
  return {
    ...resolveSenders(options.issuers, { clock, onWarning }),
    sink,
    toleranceSeconds: resolveClockTolerance(options.clockToleranceSeconds),
    tokenFailureLimit,
    observer: resolveObserver(observe === undefined ? {} : { observe }, { onWarning, clock }),
    onWarning,
    onError: isolateSink(options.onError ?? printError),
    clock,
  };
}

/** An error is not lost where the application gave no `onError`. */
function printError(error: unknown): void {
  // biome-ignore lint/suspicious/noConsole: the last resort of a library that was given no log
  console.error("countersign: unexpected error in the receiver of logouts", error);
}

type Senders = Pick<ResolvedLogoutReceiverOptions, "eventSources" | "issuers">;

function resolveSenders(
  issuers: readonly IssuerOptions[],
  host: Pick<ResolvedLogoutReceiverOptions, "clock" | "onWarning">,
): Senders {
  const logouts = new Map<string, LogoutIssuer>();
  const eventSources: EventSource[] = [];
  for (const options of issuers.filter(sendsLogouts)) {
    // Logouts have audiences of their own: that of the server is none of them.
    const trusted = resolveIssuer(options, { audience: options.issuer, ...host });
    if (options.logout !== undefined) {
      logouts.set(trusted.issuer, resolveLogoutOptions(options.logout, trusted));
      describeLogoutGaps(options.logout, trusted).forEach((gap) => {
        host.onWarning(gap);
      });
    }
    if (options.sharedSignals !== undefined) {
      eventSources.push(resolveSharedSignals(options.sharedSignals, { owner: options, trusted, host }));
    }
  }
  if (logouts.size === 0 && eventSources.length === 0) {
    throw new TypeError(
      "createLogoutReceiver: at least one of issuers must have option logout or sharedSignals",
    );
  }
  return { issuers: logouts, eventSources };
}
