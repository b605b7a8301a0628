import type { FindCurrent } from "../authenticate/current-principal.ts";
import type { Principal } from "../authenticate/principal.ts";
import { assertStillGood, type StillGoodContext } from "../authenticate/still-good.ts";
import { assertAllowed } from "../authorize/decide.ts";
import type { Policy } from "../authorize/policy-fields.ts";

/** What principals of calls that have waited are judged by. */
export interface LookAgainContext extends StillGoodContext {
  /** Finds principals as they are by now. */
  readonly findCurrent: FindCurrent;
}

/**
 * Looks again at the principal of a call that has waited since the gate let it in.
 *
 * @returns the principal as it is by now
 * @throws AuthError when its token has run out, is revoked, or may not call the method any more
 */
export type LookAgain = (principal: Principal, policy: Policy | undefined) => Principal;

/** Create what looks again. */
export function createLookAgain(context: LookAgainContext): LookAgain {
  return (principal, policy) => {
    assertStillGood(
      principal,
      { expiresAtSeconds: principal.expiresAtSeconds, notBeforeSeconds: 0 },
      context,
    );
    const current = context.findCurrent(principal);
    if (current !== principal && policy !== undefined) {
      assertAllowed(policy, current, context);
    }
    return current;
  };
}
