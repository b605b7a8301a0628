import { createRefusal } from "../errors/refusal.ts";
import type { ChangedClaims } from "../revoked/changed-claims.ts";
import { applyChanges } from "./apply-changes.ts";
import type { TrustedIssuers } from "./issuers.ts";
import type { Principal } from "./principal.ts";

/**
 * Finds a principal as it is by now: the same object while no change of its claims is known.
 *
 * @throws AuthError `TOKEN_INVALID` when its issuer's options would refuse a token that says what is known
 */
export type FindCurrent = (principal: Principal) => Principal;

/** What principals are judged by. */
export interface CurrentPrincipalsOptions {
  readonly issuers: Pick<TrustedIssuers, "get">;
  /** Says what has changed. */
  readonly revocations: { changesOf?(principal: Principal): readonly ChangedClaims[] | undefined };
}

interface Applied {
  /** The principal as its token says: what was changed and is changed back is as it was. */
  readonly origin: Principal;
  readonly changes: readonly ChangedClaims[];
  readonly current: Principal;
}

/** Create what finds principals as they are by now. Each is worked out once for each change. */
export function createFindCurrent({ issuers, revocations }: CurrentPrincipalsOptions): FindCurrent {
  const applied = new WeakMap<Principal, Applied>();
  return (principal) => {
    const changes = revocations.changesOf?.(principal);
    if (changes === undefined) {
      return principal;
    }
    const known = applied.get(principal);
    if (known !== undefined && isSame(known.changes, changes)) {
      return known.current;
    }
    const origin = known?.origin ?? principal;
    const issuer = issuers.get(principal.issuer);
    if (issuer === undefined) {
      throw createRefusal("TOKEN_INVALID", "the issuer is not trusted any more", {
        facts: { check: "issuer", expected: "an issuer that is trusted", got: principal.issuer },
      });
    }
    const result = { origin, changes, current: applyChanges(origin, changes, issuer) };
    applied.set(origin, result);
    applied.set(result.current, result);
    return result.current;
  };
}

function isSame(some: readonly ChangedClaims[], others: readonly ChangedClaims[]): boolean {
  return some.length === others.length && some.every(({ claims }, at) => claims === others[at]?.claims);
}
