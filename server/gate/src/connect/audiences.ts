import type { TrustedIssuer, TrustedIssuers } from "../authenticate/issuers.ts";
import type { Principal } from "../authenticate/principal.ts";
import type { PolicyTable } from "../authorize/policy-table.ts";
import type { IssuerOptions } from "./issuer-options.ts";

/** Whom tokens must be meant for: the server, except where a method names audiences of its own. */
export interface Audiences {
  /** The issuers, whose tokens may also be meant for one of the methods. */
  readonly issuers: TrustedIssuers;
  /** Check whether a token is meant for the server as a whole. */
  includeServer(principal: Principal): boolean;
}

/**
 * Find out whom tokens may be meant for. What the methods name is accepted of every issuer, and then only where it
 * is named: the rule of each method is held against the token once more.
 */
export function createAudiences(issuers: TrustedIssuers, policies: PolicyTable): Audiences {
  const named = policies.entries.flatMap(({ policy }) => policy.audiences);
  if (named.length === 0) {
    return { issuers, includeServer: () => true };
  }
  const widened = ([name, issuer]: readonly [string, TrustedIssuer]) =>
    [name, { ...issuer, audiences: [...issuer.audiences, ...named] }] as const;
  return {
    issuers: new Map([...issuers].map(widened)),
    includeServer: ({ issuer, audience }) =>
      issuers.get(issuer)?.audiences.some((name) => audience.includes(name)) ?? false,
  };
}

/**
 * Assert that tokens of each issuer can be accepted: they are for the server, or for an audience that a method names.
 *
 * @param trusted the issuers as they were given
 * @throws TypeError when none of the tokens of an issuer would be accepted
 */
export function assertTokenAudiences(trusted: readonly IssuerOptions[], { issuers }: Audiences): void {
  for (const { issuer, tokenAudience } of trusted) {
    const accepted = issuers.get(issuer)?.audiences ?? [];
    if (tokenAudience !== undefined && !accepted.includes(tokenAudience)) {
      throw new TypeError(
        `the tokens of issuer ${issuer} are for audience ${tokenAudience}, and this server accepts them ` +
          `for ${accepted.join(", ")} only: none would be good`,
      );
    }
  }
}
