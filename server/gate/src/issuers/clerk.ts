import type { IssuerOptions } from "../connect/issuer-options.ts";
import { assertOptions } from "../kernel/option-forms.ts";
import { type OptionForms, REQUIRED_HOST, REQUIRED_NAMES, type Texts, toList } from "./preset-forms.ts";

/** What {@link clerk} takes. */
export interface ClerkOptions {
  /** The domain of the Frontend API, such as `clerk.acme.example` or `acme-1.clerk.accounts.dev`. */
  readonly domain: string;
  /** The origins of the pages that may call, such as `https://app.acme.example`: claim `azp`. */
  readonly authorizedParties: Texts;
}

/** The forms of its options. */
export const CLERK_OPTIONS: OptionForms<ClerkOptions> = {
  domain: REQUIRED_HOST,
  authorizedParties: REQUIRED_NAMES,
};

/**
 * Trust the session tokens of Clerk, of both versions. They have no `aud`: the origin of the page takes its place. The
 * role of the user in the organization at hand is the role, without `org:`, as version 2 writes it.
 *
 * @throws TypeError when an option is wrong
 */
export function clerk(options: ClerkOptions): IssuerOptions {
  assertOptions("clerk", options, CLERK_OPTIONS);
  const { domain, authorizedParties } = options;
  return {
    issuer: `https://${domain}`,
    keys: { jwksUri: `https://${domain}/.well-known/jwks.json` },
    audiences: toList(authorizedParties),
    algorithms: ["RS256"],
    types: ["JWT"],
    claims: { audience: "azp", roles: [{ path: ["o", "rol"] }, "org_role"] },
    // Tokens of a JWT template, which are for other services, have the same iss and azp, but no session.
    presentClaims: ["sid"],
  };
}
