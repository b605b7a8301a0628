import type { ClientEvent } from "@countersign/server/internal";
import type { ClientChange } from "../store/clients.ts";
import { type CustomClaims, copyClaims } from "../store/custom-claims.ts";
import { toDisabledAt } from "./account-update.ts";
import { assertGrants, assertTokens } from "./client-names.ts";

/** What is to change about a client. What is not named stays; its proof is replaced by `rotate`. */
export interface ClientUpdate {
  /** All scopes that its tokens can be granted from now on. */
  readonly scopes?: readonly string[] | undefined;
  /** All its roles. */
  readonly roles?: readonly string[] | undefined;
  /** All grant types that it may use. */
  readonly grants?: readonly string[] | undefined;
  readonly mayIntrospect?: boolean | undefined;
  /** All the custom claims of its own tokens. */
  readonly claims?: CustomClaims | undefined;
  /** Whether it is let in no more, which revokes its tokens. */
  readonly disabled?: boolean | undefined;
  /**
   * Whether to revoke its tokens and end its sessions. Default false: its calls and streams are judged by what it may do now.
   */
  readonly revokeTokens?: boolean | undefined;
}

/**
 * Write an update for the store.
 *
 * @throws Error when the name of a scope, a role or a grant type, or a claim is no good
 */
export function toClientChange(
  { scopes, roles, grants, mayIntrospect, claims, disabled }: ClientUpdate,
  nowMs: number,
): ClientChange {
  assertTokens([...(scopes ?? []), ...(roles ?? [])]);
  if (grants !== undefined) {
    assertGrants(grants);
  }
  return {
    scopes: scopes && [...new Set(scopes)],
    roles: roles && [...new Set(roles)],
    grants: grants && [...new Set(grants)],
    mayIntrospect,
    claims: claims && copyClaims(claims),
    disabledAtMs: toDisabledAt(disabled, nowMs),
  };
}

/** List the audit events of an update. */
export function eventsOfClientUpdate(update: ClientUpdate): readonly ClientEvent["type"][] {
  const { scopes, roles, grants, mayIntrospect, claims, disabled } = update;
  const isChanged = [scopes, roles, grants, mayIntrospect, claims].some((value) => value !== undefined);
  return [
    ...(isChanged ? (["client_changed"] as const) : []),
    ...(disabled === true ? (["client_disabled"] as const) : []),
    ...(disabled === false ? (["client_enabled"] as const) : []),
  ];
}
