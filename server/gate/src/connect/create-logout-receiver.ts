import type { RevocationCheck } from "../authenticate/authenticator.ts";
import { createTrustedIssuers } from "../authenticate/issuers.ts";
import type { ProvenToken } from "../authenticate/prove-token.ts";
import { DEFAULT_MAX_TOKEN_BYTES } from "../authenticate/token-size.ts";
import { createByteBudget } from "../kernel/byte-budget.ts";
import { DEFAULT_LIMITS } from "../kernel/default-limits.ts";
import { toDocuments } from "../kernel/documents.ts";
import type { Endpoint } from "../kernel/endpoint.ts";
import { createBackChannelEndpoint } from "../logouts/back-channel-endpoint.ts";
import { toLogoutRevocations } from "../logouts/logout.ts";
import { createLogoutMemory } from "../logouts/logout-memory.ts";
import { BACK_CHANNEL_PATH, EVENTS_PATH, type LogoutReceiver } from "../logouts/logout-receiver.ts";
import type { LogoutSink } from "../logouts/logout-sink.ts";
import { LOGOUT_TOKEN, readLogoutToken } from "../logouts/logout-token.ts";
import { createEventProver } from "../logouts/prove-event.ts";
import { createEventTaker, type EventTaker, type ReadEvent } from "../logouts/take-event.ts";
import { createSharedSignals } from "./create-shared-signals.ts";
import {
  type LogoutReceiverOptions,
  type ResolvedLogoutReceiverOptions,
  resolveLogoutReceiverOptions,
} from "./logout-receiver-options.ts";

/**
 * Create what receives the logouts of other identity providers: the tokens that they are about are refused at once, and their
 * streams end.
 *
 *     const logouts = createLogoutReceiver({ issuers });
 *     const auth = createAuth({ routes, audience: "ledger", issuers, logouts });
 *     listen({ ...auth, endpoints: logouts.endpoints });
 *
 * @throws TypeError when an option is wrong, or no issuer has option `logout` or `sharedSignals`
 */
export function createLogoutReceiver(options: LogoutReceiverOptions): LogoutReceiver {
  const resolved = resolveLogoutReceiverOptions(options);
  const { sink, revocations } = chooseSink(resolved);
  const { endpoint, background } = createSharedSignals(resolved, sink);
  for (const work of background) {
    work.start();
  }
  const close = async (): Promise<void> => {
    await Promise.all(background.map((work) => work.close()));
  };
  return {
    endpoints: toDocuments({
      ...(resolved.issuers.size === 0 ? {} : { [BACK_CHANNEL_PATH]: createBackChannel(resolved, sink) }),
      ...(endpoint === undefined ? {} : { [EVENTS_PATH]: endpoint }),
    }),
    revocations,
    close,
    [Symbol.asyncDispose]: close,
  };
}

function createBackChannel(resolved: ResolvedLogoutReceiverOptions, sink: LogoutSink): Endpoint {
  const { clock, onError } = resolved;
  const { maxWaitingFormBytes: maxBytes } = DEFAULT_LIMITS.forms;
  return createBackChannelEndpoint({
    take: createTokenTaker(resolved, sink),
    clock,
    // No host says which connection a form comes over: they are counted in all.
    budget: createByteBudget({ maxBytes, maxBytesPerConnection: maxBytes }),
    onError,
  });
}

/** @returns where it is kept what has ended, and what the gate must ask beside the signals of issuers */
function chooseSink({ sink, clock, onError }: ResolvedLogoutReceiverOptions): {
  readonly sink: LogoutSink;
  readonly revocations: RevocationCheck | undefined;
} {
  if (sink !== undefined) {
    return { sink, revocations: undefined };
  }
  const memory = createLogoutMemory({ clock, onError });
  return { sink: memory, revocations: memory };
}

/** Create what takes logout tokens. */
function createTokenTaker(resolved: ResolvedLogoutReceiverOptions, sink: LogoutSink): EventTaker {
  const { issuers, clock, tokenFailureLimit, observer, onWarning } = resolved;
  const prove = createEventProver({
    issuers: createTrustedIssuers([...issuers.values()].map(({ trusted }) => trusted)),
    kind: LOGOUT_TOKEN,
    clock,
    keyTimeoutMs: DEFAULT_LIMITS.createAuth.gateTimeoutMs,
    maxTokenBytes: DEFAULT_MAX_TOKEN_BYTES,
    tokenFailureLimit,
  });
  const read = (proven: ProvenToken): ReadEvent => readEvent(proven, resolved);
  return createEventTaker({ kind: "back_channel", prove, read, sink, clock, observer, onWarning });
}

/** What a logout misses that names no subject. */
const NO_SUBJECT =
  "a logout named a session and no subject, and ended no access token without sid: set logout.match to " +
  '"session" if they have it';

function readEvent(
  proven: ProvenToken,
  { issuers, clock, toleranceSeconds }: ResolvedLogoutReceiverOptions,
): ReadEvent {
  const issuer = issuers.get(proven.issuer.issuer);
  if (issuer === undefined) {
    throw new Error("a logout token was verified for an issuer that sends none");
  }
  const time = { nowSeconds: clock.nowMs() / 1_000, toleranceSeconds };
  const { logout, tokenId, expiresAtSeconds } = readLogoutToken(proven, issuer, time);
  return {
    tokenId,
    expiresAtMs: expiresAtSeconds * 1_000,
    revocations: toLogoutRevocations(logout, issuer),
    note: logout.subject === undefined && !issuer.hasSessions ? NO_SUBJECT : undefined,
  };
}
