import { type AccountEvent, isScopeToken } from "@countersign/server/internal";
import type { AccountChange } from "../store/accounts.ts";
import { ClaimsFault, type CustomClaims, copyClaims } from "../store/custom-claims.ts";
import { AccountError } from "./account-error.ts";
import { TOKEN_RULE } from "./client-names.ts";

/** What is to change about an account. What is not named stays. */
export interface AccountUpdate {
  /**
   * All scopes that its sessions can be granted from now on. Those that go on lose what is not among them; they get none
   * that they were not granted when they began.
   */
  readonly scopes?: readonly string[] | undefined;
  /** All its roles. */
  readonly roles?: readonly string[] | undefined;
  /**
   * All its custom claims. With a hook of `createIssuer` that says what claims tokens have, sessions that go on have them from
   * their next refresh.
   */
  readonly claims?: CustomClaims | undefined;
  /** Whether it is let in no more, which ends all its sessions. */
  readonly disabled?: boolean | undefined;
  /** Whether to end all its sessions. Default false. */
  readonly revokeSessions?: boolean | undefined;
}

/**
 * Write an update for the store.
 *
 * @throws AccountError when a name of a scope or role, or a claim is no good
 */
export function toAccountChange(
  { scopes, roles, claims, disabled }: AccountUpdate,
  nowMs: number,
): AccountChange {
  assertRights([...(scopes ?? []), ...(roles ?? [])]);
  return {
    scopes: scopes && [...new Set(scopes)],
    roles: roles && [...new Set(roles)],
    claims: claims && toAccountClaims(claims),
    disabledAtMs: toDisabledAt(disabled, nowMs),
  };
}

/** @throws AccountError `RIGHTS_INVALID` when one is no name for a scope or role */
export function assertRights(names: readonly string[]): void {
  if (!names.every(isScopeToken)) {
    throw new AccountError("RIGHTS_INVALID", TOKEN_RULE);
  }
}

/** Copy the claims of an account. @throws AccountError `CLAIMS_INVALID` when they break a rule */
export function toAccountClaims(claims: unknown): CustomClaims {
  try {
    return copyClaims(claims);
  } catch (error) {
    throw error instanceof ClaimsFault ? new AccountError("CLAIMS_INVALID", error.message) : error;
  }
}

/** Write whether something is disabled as the time since when; undefined: that is not to change. */
export function toDisabledAt(disabled: boolean | undefined, nowMs: number): number | null | undefined {
  if (disabled === undefined) {
    return undefined;
  }
  return disabled ? nowMs : null;
}

/** List the audit events of an update. */
export function eventsOfAccountUpdate({
  scopes,
  roles,
  claims,
  disabled,
}: AccountUpdate): readonly AccountEvent["type"][] {
  const isChanged = scopes !== undefined || roles !== undefined || claims !== undefined;
  return [
    ...(isChanged ? (["account_changed"] as const) : []),
    ...(disabled === true ? (["account_disabled"] as const) : []),
    ...(disabled === false ? (["account_enabled"] as const) : []),
  ];
}
