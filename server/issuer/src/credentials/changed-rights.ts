import { isDeepStrictEqual } from "node:util";
import type { CustomClaims, JsonValue } from "../store/custom-claims.ts";
import { boundChange, type NewRevocation, OWN_ISSUER } from "../store/revocations.ts";
import { toClientSubject } from "./client-names.ts";

/** What tokens say of an account or a client. */
export interface StoredRights {
  readonly scopes: readonly string[];
  readonly roles: readonly string[];
  readonly claims: CustomClaims;
}

/** A change of rights. */
export interface RightsChange {
  readonly before: StoredRights;
  readonly after: StoredRights;
  /** When it was made, in milliseconds since 1970. */
  readonly nowMs: number;
  /** Whether a hook says what custom claims tokens have: then what the store has of them is not what they say. Default false. */
  readonly hasClaimsHook?: boolean | undefined;
}

/**
 * Write down what the tokens of an account say otherwise by now.
 *
 * @returns none, if nothing that they say has changed
 */
export function toAccountChanges(subject: string, change: RightsChange): readonly NewRevocation[] {
  return toClaimsChange({ dimension: "sub", value: subject }, change);
}

/**
 * Write down what the tokens of a client say otherwise by now: its own, and those that it has for others, which may say no
 * more than it may have.
 *
 * @returns none, if nothing that they say has changed
 */
export function toClientChanges(clientId: string, change: RightsChange): readonly NewRevocation[] {
  return [
    ...toClaimsChange({ dimension: "sub", value: toClientSubject(clientId) }, change),
    ...toClaimsChange({ dimension: "client_id", value: clientId }, { ...change, hasClaimsHook: true }),
  ];
}

function toClaimsChange(
  tokens: Pick<NewRevocation, "dimension" | "value">,
  { before, after, nowMs, hasClaimsHook = false }: RightsChange,
): readonly NewRevocation[] {
  const custom = hasClaimsHook ? {} : findDifferences(before.claims, after.claims);
  if (hasSameRights(before, after) && Object.keys(custom).length === 0) {
    return [];
  }
  const changedClaims = { ...custom, scope: after.scopes.join(" "), roles: after.roles };
  return [
    {
      ...tokens,
      issuer: OWN_ISSUER,
      beforeMs: nowMs,
      revokedAtMs: nowMs,
      reason: "rights_changed",
      changedClaims: boundChange(changedClaims),
    },
  ];
}

function hasSameRights(before: StoredRights, after: StoredRights): boolean {
  return isDeepStrictEqual([before.scopes, before.roles], [after.scopes, after.roles]);
}

/** List the claims that have another value, or are gone. */
function findDifferences(before: CustomClaims, after: CustomClaims): CustomClaims {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  const changed = names.filter((name) => !isDeepStrictEqual(before[name], after[name]));
  return Object.fromEntries(changed.map((name): [string, JsonValue] => [name, after[name] ?? null]));
}
