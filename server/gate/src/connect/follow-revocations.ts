import type { RevocationCheck, RevokedPrincipals } from "../authenticate/authenticator.ts";
import { createSharedError } from "../errors/shared-error.ts";
import type { Clock } from "../kernel/clock.ts";
import type { IssuerSignal } from "../kernel/observe.ts";
import type { IsolatedObserver } from "../kernel/observers.ts";
import type { StreamLease, StreamRegistry } from "../streams/stream-registry.ts";

/** Whose streams follow what becomes known. */
export interface FollowContext {
  readonly revocations: RevocationCheck;
  readonly streams: StreamRegistry;
  readonly clock: Clock;
  /** Observes what becomes known. It must not throw. */
  readonly observer: IsolatedObserver;
}

const STREAM_REVOKED = createSharedError("SESSION_REVOKED", "the session has been revoked", {
  facts: { check: "revoked" },
});

/** How many streams are judged again in one turn of the event loop: a millisecond or two, in which no call is served. */
const JUDGED_AT_ONCE = 100;

/** What becomes known acts on open streams at once, not only on the next call. */
export function followRevocations({ revocations, streams, clock, observer }: FollowContext): void {
  const judgeAgain = (leases: readonly StreamLease[]): void => {
    for (const lease of leases.slice(0, JUDGED_AT_ONCE)) {
      lease.judgeAgain();
    }
    if (leases.length > JUDGED_AT_ONCE) {
      clock.schedule(() => judgeAgain(leases.slice(JUDGED_AT_ONCE)), 0);
    }
  };
  revocations.onRevoked?.((revoked) => {
    streams.endWhere((principal) => revoked.matches(principal), STREAM_REVOKED);
    judgeAgain(streams.findWhere((principal) => revoked.changes?.(principal) === true));
    if (observer.signalReceived !== undefined) {
      toSignals(revoked).forEach(observer.signalReceived);
    }
  });
}

type RecordKind = IssuerSignal["kind"];

function toSignals({ records = [{ dimension: "" }] }: RevokedPrincipals): readonly IssuerSignal[] {
  const counts = new Map<RecordKind, number>();
  for (const record of records) {
    const kind = kindOf(record);
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  return [...counts].map(([kind, count]) => ({ kind, count }));
}

function kindOf({ dimension, changedClaims }: NonNullable<RevokedPrincipals["records"]>[number]): RecordKind {
  if (changedClaims !== undefined) {
    return "claims_change";
  }
  return dimension === "kid" ? "key_withdrawal" : "revocation";
}
