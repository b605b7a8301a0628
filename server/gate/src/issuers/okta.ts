import type { IssuerOptions } from "../connect/issuer-options.ts";
import { assertOptions, TEXT } from "../kernel/option-forms.ts";
import {
  NAMES,
  type OptionForms,
  REQUIRED_HOST,
  SEGMENT,
  type Texts,
  toOptionalList,
} from "./preset-forms.ts";

/** What {@link okta} takes. */
export interface OktaOptions {
  /** The domain of the organization, such as `acme.okta.com`. */
  readonly domain: string;
  /** The custom authorization server. Default: `default`. Tokens of the organization's own can be verified by Okta alone. */
  readonly authorizationServer?: string | undefined;
  /** Claim `aud`, such as `api://default`. Default: the audience of the server. */
  readonly audience?: Texts | undefined;
  /** The claim that has groups. Default: `groups`. */
  readonly groupsClaim?: string | undefined;
}

/** The forms of its options. */
export const OKTA_OPTIONS: OptionForms<OktaOptions> = {
  domain: REQUIRED_HOST,
  authorizationServer: SEGMENT,
  audience: NAMES,
  groupsClaim: TEXT,
};

/**
 * Trust the access tokens of a custom authorization server of Okta. They have no header `typ`; what tells them from ID
 * tokens is the audience, and that they name their client in `cid`.
 *
 * @throws TypeError when an option is wrong
 */
export function okta(options: OktaOptions): IssuerOptions {
  assertOptions("okta", options, OKTA_OPTIONS);
  const { domain, authorizationServer = "default", audience, groupsClaim = "groups" } = options;
  const issuer = `https://${domain}/oauth2/${encodeURIComponent(authorizationServer)}`;
  return {
    issuer,
    keys: { jwksUri: `${issuer}/v1/keys` },
    audiences: toOptionalList(audience),
    algorithms: ["RS256"],
    claims: { scopes: "scp", roles: groupsClaim, clientId: "cid" },
    presentClaims: ["cid"],
    insecure: { allowMissingType: true },
  };
}
