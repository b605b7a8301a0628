import type { Principal } from "../authenticate/principal.ts";

/** What a member of `principal` may be in a rule. */
type Member = string | bigint | boolean | readonly string[];

const NO_NAMES: readonly string[] = [];

/**
 * Write a principal as the members of `principal` in a rule, in the naming of protos. An anonymous caller has
 * all of them too, empty, so that a rule for both need not ask which it is.
 */
export function toRulePrincipal(principal: Principal | undefined): ReadonlyMap<string, Member> {
  return new Map<string, Member>([
    ["anonymous", principal === undefined],
    ["subject", principal?.subject ?? ""],
    ["issuer", principal?.issuer ?? ""],
    ["client_id", principal?.clientId ?? ""],
    ["session_id", principal?.sessionId ?? ""],
    ["token_id", principal?.tokenId ?? ""],
    ["scopes", principal?.scopes ?? NO_NAMES],
    ["roles", principal?.roles ?? NO_NAMES],
    ["audience", principal?.audience ?? NO_NAMES],
    ["auth_time", BigInt(Math.floor(principal?.authTimeSeconds ?? 0))],
    ["expires_at", BigInt(Math.floor(principal?.expiresAtSeconds ?? 0))],
  ]);
}

/** The members of `principal` that a rule may name. */
export const RULE_PRINCIPAL_MEMBERS: ReadonlySet<string> = new Set(toRulePrincipal(undefined).keys());
