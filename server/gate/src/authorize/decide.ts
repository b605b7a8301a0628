import type { Principal } from "../authenticate/principal.ts";
import type { AuthError } from "../errors/auth-error.ts";
import { type FactsInput, oneOf, toMembersText } from "../errors/facts.ts";
import { createRefusal } from "../errors/refusal.ts";
import type { Clock } from "../kernel/clock.ts";
import type { Policy } from "./policy-fields.ts";

/** What the time is, for a policy that goes by it. */
export interface AuthAgeContext {
  readonly clock: Clock;
  /** How far the clocks of issuer and server may lie apart. */
  readonly toleranceSeconds: number;
}

/**
 * Hold a principal against the conditions of a policy that the token alone decides.
 *
 * @param policy the rule of the method
 * @param principal who calls
 * @param context the time: asked only when the policy goes by it
 * @throws AuthError `INSUFFICIENT_SCOPE` with the scopes that were needed, `REAUTH_REQUIRED` or `POLICY_DENIED`
 */
export function assertAllowed(policy: Policy, principal: Principal, context: AuthAgeContext): void {
  // One after the other, not a table of conditions: this runs on every call, and a loop over a table takes 45 ns more.
  // A test holds that each condition that a policy can set denies a principal that has nothing.
  if (!hasAll(principal.scopes, policy.scopes) || !hasAny(principal.scopes, policy.anyScopes)) {
    throw insufficientScope(policy, principal);
  }
  if (!hasAny(principal.roles, policy.roles)) {
    throw denied("none of the roles that the method needs", {
      check: "roles",
      expected: oneOf(policy.roles),
      got: principal.roles,
    });
  }
  if (!hasAny(principal.audience, policy.audiences)) {
    throw denied("the token is not meant for this method", {
      check: "audience_of_method",
      expected: oneOf(policy.audiences),
      got: principal.audience,
    });
  }
  if (policy.clientIds.length > 0 && !policy.clientIds.includes(principal.clientId)) {
    throw denied("the client may not call this method", {
      check: "client",
      expected: oneOf(policy.clientIds),
      got: principal.clientId,
    });
  }
  if (policy.requiresBinding && principal.binding === undefined) {
    throw createRefusal("BINDING_REQUIRED", "the method needs a token that is bound to a key of its sender", {
      facts: { check: "binding", expected: "claim cnf", got: undefined },
    });
  }
  if (!isAuthRecent(policy, principal, context) || !isAuthStrong(policy, principal)) {
    throw reauthRequired(policy, principal, context);
  }
}

function isAuthRecent(
  { maxAuthAgeSeconds }: Policy,
  { authTimeSeconds }: Principal,
  { clock, toleranceSeconds }: AuthAgeContext,
): boolean {
  if (maxAuthAgeSeconds === undefined) {
    return true;
  }
  const nowSeconds = clock.nowMs() / 1000;
  return (
    authTimeSeconds !== undefined &&
    authTimeSeconds >= nowSeconds - maxAuthAgeSeconds &&
    authTimeSeconds <= nowSeconds + toleranceSeconds // one that is yet to come, such as milliseconds, would stay recent
  );
}

function isAuthStrong({ acrValues }: Policy, { acr }: Principal): boolean {
  return acrValues.length === 0 || (acr !== undefined && acrValues.includes(acr));
}

/**
 * Ask for a fresh or a stronger proof of identity ([RFC 9470 §3](https://www.rfc-editor.org/rfc/rfc9470#section-3)):
 * with all that the method needs of it, so that one sign-in is enough.
 */
function reauthRequired(policy: Policy, principal: Principal, context: AuthAgeContext): AuthError {
  const { maxAuthAgeSeconds, acrValues } = policy;
  const age = maxAuthAgeSeconds === undefined ? {} : { max_age: String(maxAuthAgeSeconds) };
  const strength = acrValues.length === 0 ? {} : { acr_values: acrValues.join(" ") };
  return createRefusal("REAUTH_REQUIRED", "the user must sign in again for this method", {
    metadata: { ...age, ...strength },
    facts: isAuthRecent(policy, principal, context)
      ? { check: "acr", expected: oneOf(acrValues), got: principal.acr }
      : {
          check: "auth_age",
          expected: `a sign-in at most ${maxAuthAgeSeconds} s ago`,
          got: toAgeText(principal.authTimeSeconds, context.clock),
        },
  });
}

function toAgeText(authTimeSeconds: number | undefined, clock: Clock): string {
  if (authTimeSeconds === undefined) {
    return "no claim auth_time";
  }
  const ageSeconds = Math.floor(clock.nowMs() / 1000 - authTimeSeconds);
  return ageSeconds < 0 ? `claim auth_time ${-ageSeconds} s ahead` : `one ${ageSeconds} s ago`;
}

function insufficientScope(policy: Policy, { scopes }: Principal): AuthError {
  const all = policy.scopes.length === 0 ? {} : { scopes: policy.scopes.join(" ") };
  const any = policy.anyScopes.length === 0 ? {} : { any_scopes: policy.anyScopes.join(" ") };
  return createRefusal("INSUFFICIENT_SCOPE", "the token lacks a scope that the method needs", {
    metadata: { ...all, ...any },
    facts: {
      check: "scopes",
      expected: hasAll(scopes, policy.scopes) ? oneOf(policy.anyScopes) : toMembersText(policy.scopes),
      got: scopes,
    },
  });
}

function denied(rule: string, facts: FactsInput): AuthError {
  return createRefusal("POLICY_DENIED", rule, { facts });
}

// Loops by index, not closures or iterators: this runs on every call, and an iterator over a frozen array is made anew.
function hasAll(owned: readonly string[], needed: readonly string[]): boolean {
  for (let at = 0; at < needed.length; at += 1) {
    if (!isAmong(owned, needed[at])) {
      return false;
    }
  }
  return true;
}

/** An empty condition is no condition. */
function hasAny(owned: readonly string[], allowed: readonly string[]): boolean {
  for (let at = 0; at < allowed.length; at += 1) {
    if (isAmong(owned, allowed[at])) {
      return true;
    }
  }
  return allowed.length === 0;
}

function isAmong(owned: readonly string[], name: string | undefined): boolean {
  return name !== undefined && owned.includes(name);
}
