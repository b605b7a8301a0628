import type { RevocationCheck } from "../authenticate/authenticator.ts";
import type { Principal } from "../authenticate/principal.ts";
import { createSharedError } from "../errors/shared-error.ts";
import type { Cancel, Clock } from "../kernel/clock.ts";
import type { StreamRegistry } from "./stream-registry.ts";

/**
 * Ends streams once it cannot be known any more whether their tokens are revoked. Calls with these tokens are refused then:
 * a stream that went on would outlive the revocation of its session until its token expires.
 */
export interface StaleWatch {
  /** Note that a stream was opened, or is over. */
  update(): void;
}

/** What {@link createStaleWatch} needs. */
export interface StaleWatchOptions {
  readonly registry: StreamRegistry;
  readonly revocations: RevocationCheck;
  readonly clock: Clock;
}

/** How often it asks while streams are open, in milliseconds: so much later than calls do streams end. */
const LOOK_MS = 1_000;

const UNKNOWN = createSharedError("AUTH_UNAVAILABLE", "what has been revoked cannot be known just now", {
  facts: { check: "revocations_unavailable" },
});

/** Create the watch of a server's streams. No timer runs while none is open. */
export function createStaleWatch({ registry, revocations, clock }: StaleWatchOptions): StaleWatch {
  let cancel: Cancel | undefined;
  function look(): void {
    cancel = undefined;
    registry.endWhere(createUnknownCheck(revocations), UNKNOWN);
    update();
  }
  function update(): void {
    if (registry.size > 0) {
      cancel ??= clock.schedule(look, LOOK_MS);
    } else {
      cancel?.();
      cancel = undefined;
    }
  }
  return { update };
}

/** Whether anything is known does not depend on the principal: once it is of one, the others are not asked about. */
function createUnknownCheck(revocations: RevocationCheck): (principal: Principal) => boolean {
  let isKnown = false;
  return (principal) => {
    if (!isKnown) {
      try {
        revocations.isRevoked(principal);
        isKnown = true;
      } catch {
        // A call is refused with the error; the stream ends with the same reason, and tells its client no more.
      }
    }
    return !isKnown;
  };
}
