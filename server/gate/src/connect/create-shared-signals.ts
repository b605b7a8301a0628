import { createTrustedIssuers } from "../authenticate/issuers.ts";
import { createByteBudget } from "../kernel/byte-budget.ts";
import { DEFAULT_LIMITS } from "../kernel/default-limits.ts";
import type { Endpoint } from "../kernel/endpoint.ts";
import type { LogoutReceived } from "../kernel/observe.ts";
import type { LogoutSink } from "../logouts/logout-sink.ts";
import { createEventProver, type EventProver } from "../logouts/prove-event.ts";
import { createEventTaker, type EventTaker } from "../logouts/take-event.ts";
import type { Background } from "../security-events/background.ts";
import { createPoller } from "../security-events/poller.ts";
import { createPushEndpoint } from "../security-events/push-endpoint.ts";
import { readSecurityEvent, SECURITY_EVENT } from "../security-events/read-security-event.ts";
import type { Transmitter } from "../security-events/transmitter.ts";
import { createVerificationRequests } from "../security-events/verification-requests.ts";
import type { ResolvedLogoutReceiverOptions } from "./logout-receiver-options.ts";
import type { EventSource } from "./resolve-shared-signals.ts";

/** Receives security events. */
export interface SharedSignals {
  /** Where transmitters push to; undefined: none does. */
  readonly endpoint: Endpoint | undefined;
  /** What asks transmitters. It does not begin by itself. */
  readonly background: readonly Background[];
}

/** More than events have, with reasons in several languages. */
const MAX_SET_BYTES = 16 * 1024;

/** Create what receives security events. @param sink keeps what has ended */
export function createSharedSignals(
  resolved: ResolvedLogoutReceiverOptions,
  sink: LogoutSink,
): SharedSignals {
  const { eventSources, clock, onError } = resolved;
  const context = { resolved, sink, prove: createSetProver(resolved) };
  for (const { transmitter } of eventSources) {
    transmitter.trusted.keys.prefetch?.();
  }
  const pushing = eventSources.filter(({ isPushing }) => isPushing);
  const { maxWaitingFormBytes: maxBytes } = DEFAULT_LIMITS.forms;
  return {
    endpoint:
      pushing.length === 0
        ? undefined
        : createPushEndpoint({
            transmitters: pushing.map(({ transmitter }) => ({
              transmitter,
              take: createSetTaker("push", transmitter, context),
            })),
            clock,
            // No host says which connection a token comes over: they are counted in all.
            budget: createByteBudget({ maxBytes, maxBytesPerConnection: maxBytes }),
            maxTokenBytes: MAX_SET_BYTES,
            onError,
          }),
    background: eventSources.flatMap((source) => [
      ...createPollers(source, context),
      ...createVerifications(source, resolved),
    ]),
  };
}

function createPollers(
  { poll: target, transmitter }: EventSource,
  context: TakerContext,
): readonly Background[] {
  if (target === undefined) {
    return [];
  }
  const { clock, onError } = context.resolved;
  const take = createSetTaker("poll", transmitter, context);
  return [createPoller({ target, take, clock, random: Math.random, onError })];
}

function createVerifications(
  { verification: stream }: EventSource,
  { clock, onError }: ResolvedLogoutReceiverOptions,
): readonly Background[] {
  return stream === undefined
    ? []
    : [createVerificationRequests({ stream, clock, random: Math.random, onError })];
}

/** @throws TypeError when two issuers name one transmitter: which of them an event is about could not be told */
function createSetProver({
  eventSources,
  clock,
  tokenFailureLimit,
}: ResolvedLogoutReceiverOptions): EventProver {
  return createEventProver({
    issuers: createTrustedIssuers(eventSources.map(({ transmitter }) => transmitter.trusted)),
    kind: SECURITY_EVENT,
    clock,
    keyTimeoutMs: DEFAULT_LIMITS.createAuth.gateTimeoutMs,
    maxTokenBytes: MAX_SET_BYTES,
    tokenFailureLimit,
  });
}

interface TakerContext {
  readonly resolved: ResolvedLogoutReceiverOptions;
  readonly sink: LogoutSink;
  readonly prove: EventProver;
}

function createSetTaker(
  kind: LogoutReceived["kind"],
  transmitter: Transmitter,
  { resolved, sink, prove }: TakerContext,
): EventTaker {
  const { clock, toleranceSeconds, observer, onWarning } = resolved;
  return createEventTaker({
    kind,
    prove,
    read: (proven) => readSecurityEvent(proven, transmitter, { nowMs: clock.nowMs(), toleranceSeconds }),
    sink,
    clock,
    observer,
    onWarning,
  });
}
