import type { IssuerOptions } from "../connect/issuer-options.ts";
import { assertOptions, TEXT } from "../kernel/option-forms.ts";
import { NAMES, type OptionForms, REQUIRED_HOST, type Texts, toOptionalList } from "./preset-forms.ts";

/** What {@link auth0} takes. */
export interface Auth0Options {
  /** The domain of the tenant, or its custom domain, such as `acme.eu.auth0.com`. */
  readonly domain: string;
  /** The identifier of the API, as the dashboard has it: claim `aud`. Default: the audience of the server. */
  readonly audience?: Texts | undefined;
  /** The claim that an action puts roles into, such as `https://acme.example/roles`. Default: none has roles. */
  readonly rolesClaim?: string | undefined;
}

/** The forms of its options. */
export const AUTH0_OPTIONS: OptionForms<Auth0Options> = {
  domain: REQUIRED_HOST,
  audience: NAMES,
  rolesClaim: TEXT,
};

/**
 * Trust the access tokens of an Auth0 tenant, of both token profiles. Scopes are those of `scope` and of `permissions`,
 * which role-based access control puts in.
 *
 * @throws TypeError when an option is wrong
 */
export function auth0(options: Auth0Options): IssuerOptions {
  assertOptions("auth0", options, AUTH0_OPTIONS);
  const { domain, audience, rolesClaim } = options;
  return {
    issuer: `https://${domain}/`,
    keys: { jwksUri: `https://${domain}/.well-known/jwks.json` },
    audiences: toOptionalList(audience),
    algorithms: ["RS256", "PS256"],
    types: ["JWT", "at+jwt"],
    claims: { scopes: ["scope", "permissions"], roles: rolesClaim },
    // What only ID tokens have: an API whose identifier is a client's must not take them.
    forbiddenClaims: ["nonce", "at_hash", "c_hash"],
  };
}
