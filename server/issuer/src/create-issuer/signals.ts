import { type Clock, createRateLimit, type IssuerSignals, type Principal } from "@countersign/server";
import { createAbsenceLimit, findOwnerId, type RenewalResult } from "@countersign/server/internal";
import { createRenewalRequester } from "../renewal/renewal-requester.ts";
import { respondToRenewals } from "../renewal/renewal-responder.ts";
import { createSealedMessages } from "../renewal/sealed-messages.ts";
import type { Revocations } from "../revoke/revocations.ts";
import type { Store } from "../store/database.ts";
import type { IssuerErrorSink } from "./options.ts";

/** How many questions, of up to 100 streams each, one account may have the other servers asked. */
const RENEWAL_REQUESTS = { limit: 100, windowMs: 10_000 } as const;

/** What {@link openSignals} needs. */
export interface SignalsOptions {
  readonly store: Store;
  /** The key-encryption key: messages between servers are sealed with it. */
  readonly secret: Uint8Array;
  readonly clock: Clock;
  readonly revocations: Revocations;
  readonly onError: IssuerErrorSink;
}

type Renew = Parameters<IssuerSignals["onRenew"]>[0];

/**
 * Open what gates in this process learn of the issuer: what is revoked, and who has the streams that are not open here.
 *
 * @param opened closes what this opens
 */
export function openSignals(options: SignalsOptions, opened: AsyncDisposableStack): IssuerSignals {
  const { revocations, clock } = options;
  const gates = new Set<Renew>();
  return {
    clock,
    ready: Promise.resolve(),
    isRevoked: (principal) => revocations.isRevoked(principal),
    changesOf: (principal) => revocations.changesOf(principal),
    onRevoked: (listener) => revocations.onRevoked(listener),
    renew: openRenewals(options, (streamIds, principal) => renewAll(gates, streamIds, principal), opened),
    onRenew(listener) {
      gates.add(listener);
      return () => void gates.delete(listener);
    },
  };
}

/** @returns asks the gates of this process, and then the other servers on the store, if there are any */
function openRenewals(
  options: SignalsOptions,
  renew: Renew,
  opened: AsyncDisposableStack,
): IssuerSignals["renew"] {
  const renewElsewhere = options.store.bus.hasOthers ? openRemoteRenewals(options, renew, opened) : undefined;
  return async (streams, by) => {
    const { absent, ...here } = renew(
      streams.map(({ streamId }) => streamId),
      by.principal,
    );
    const left = new Set(absent);
    const away = streams.filter(({ streamId, owner }) => left.has(streamId) && owner !== findOwnerId());
    if (away.length === 0 || renewElsewhere === undefined) {
      return { ...here, unknown: [...here.unknown, ...absent] };
    }
    const elsewhere = await renewElsewhere(away, by);
    for (const { streamId } of away) {
      left.delete(streamId);
    }
    return {
      renewed: [...here.renewed, ...elsewhere.renewed],
      ended: [...here.ended, ...elsewhere.ended],
      unknown: [...here.unknown, ...left, ...elsewhere.unknown],
    };
  };
}

function openRemoteRenewals(
  { store, secret, clock, onError }: SignalsOptions,
  renew: Renew,
  opened: AsyncDisposableStack,
): IssuerSignals["renew"] {
  const { bus } = store;
  const messages = createSealedMessages({ secret, clock });
  const limit = createRateLimit({
    ...RENEWAL_REQUESTS,
    clock,
    message: "too many renewals of streams on other servers: wait before the next",
  });
  const responder = respondToRenewals({
    bus,
    messages,
    renew,
    mayDeny: createAbsenceLimit(clock),
    onError: (error) => onError(error, "a stream could not be renewed for another server"),
  });
  const requester = createRenewalRequester({ bus, messages, limit, clock });
  opened.defer(() => responder.close());
  opened.defer(() => requester.close());
  return (streams, by) => requester.renew(streams, by);
}

/** Renew streams at the gates of this process, each those that the gates before it do not have. */
function renewAll(gates: Iterable<Renew>, streamIds: readonly string[], principal: Principal): RenewalResult {
  let result: RenewalResult = { renewed: [], ended: [], unknown: [], absent: streamIds };
  for (const renew of gates) {
    if (result.absent.length === 0) {
      break;
    }
    const { renewed, ended, unknown, absent } = renew(result.absent, principal);
    result = {
      renewed: [...result.renewed, ...renewed],
      ended: [...result.ended, ...ended],
      unknown: [...result.unknown, ...unknown],
      absent,
    };
  }
  return result;
}
