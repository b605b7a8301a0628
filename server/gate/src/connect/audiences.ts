import { createTrustedIssuers, type TrustedIssuer, type TrustedIssuers } from "../authenticate/issuers.ts";
import type { Principal } from "../authenticate/principal.ts";
import type { PolicyTable } from "../authorize/policy-table.ts";
import type { IssuerOptions } from "./issuer-options.ts";

/** Whom tokens must be meant for: the server, except where a method names audiences of its own. */
export interface Audiences {
  /** The issuers, whose tokens may also be meant for one of the methods. */
  readonly issuers: TrustedIssuers;
  /** Check whether a token is meant for the server as a whole. */
  includeServer(principal: Principal): boolean;
  /** Let the tokens of an issuer be meant for one of the methods too. */
  widen(issuer: TrustedIssuer): TrustedIssuer;
}

/**
 * Find out whom tokens may be meant for. What the methods name is accepted of every issuer, and then only where it
 * is named: the rule of each method is held against the token once more.
 */
export function createAudiences(trusted: readonly TrustedIssuer[], policies: PolicyTable): Audiences {
  const methodAudiences = policies.entries.flatMap(({ policy }) => policy.audiences);
  const widen = (issuer: TrustedIssuer): TrustedIssuer => ({ ...issuer, methodAudiences });
  const issuers = createTrustedIssuers(trusted.map(widen));
  if (methodAudiences.length === 0) {
    return { issuers, widen, includeServer: () => true };
  }
  return {
    issuers,
    widen,
    includeServer(principal) {
      const issuer = issuers.get(principal.issuer);
      return issuer !== undefined && isForServer(principal, issuer);
    },
  };
}

/** A token without an audience is for the server as a whole, where its issuer may leave it out. */
function isForServer({ audience }: Principal, { audiences, allowMissing }: TrustedIssuer): boolean {
  return audience.length === 0 ? allowMissing.audience : audiences.some((name) => audience.includes(name));
}

/**
 * Assert that tokens of an issuer can be accepted: they are for the server, or for an audience that a method names.
 *
 * @param options the issuer as it was given
 * @param trusted the issuer as it is trusted
 * @throws TypeError when none of its tokens would be accepted
 */
export function assertTokenAudience(
  { issuer, tokenAudience }: IssuerOptions,
  { audiences, methodAudiences }: TrustedIssuer,
): void {
  const accepted = [...audiences, ...methodAudiences];
  const given = typeof tokenAudience === "string" ? [tokenAudience] : tokenAudience;
  if (given !== undefined && !given.some((audience) => accepted.includes(audience))) {
    throw new TypeError(
      `the tokens of issuer ${issuer} are for audience ${given.join(" or ")}, and this server accepts them ` +
        `for ${accepted.join(", ")} only: none would be good`,
    );
  }
}

/**
 * Assert that tokens of each issuer can be accepted.
 *
 * @throws TypeError when none of the tokens of an issuer would be
 */
export function assertTokenAudiences(trusted: readonly IssuerOptions[], { issuers }: Audiences): void {
  for (const options of trusted) {
    const issuer = issuers.get(options.issuer);
    if (issuer !== undefined) {
      assertTokenAudience(options, issuer);
    }
  }
}
