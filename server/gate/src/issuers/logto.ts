import type { IssuerOptions } from "../connect/issuer-options.ts";
import { assertOptions, TEXT } from "../kernel/option-forms.ts";
import {
  NAMES,
  type OptionForms,
  REQUIRED_LOCATION,
  type Texts,
  toOptionalList,
  withoutLastSlash,
} from "./preset-forms.ts";

/** What {@link logto} takes. */
export interface LogtoOptions {
  /** The URL of the tenant, such as `https://acme.logto.app`, or its custom domain. */
  readonly endpoint: string;
  /** Claim `aud`: the indicator of the API resource. Default: the audience of the server. */
  readonly audience?: Texts | undefined;
  /** The custom claim that has roles. Default: `roles`. */
  readonly rolesClaim?: string | undefined;
}

/** The forms of its options. */
export const LOGTO_OPTIONS: OptionForms<LogtoOptions> = {
  endpoint: REQUIRED_LOCATION,
  audience: NAMES,
  rolesClaim: TEXT,
};

/**
 * Trust the access tokens of Logto for an API resource.
 *
 * @throws TypeError when an option is wrong
 */
export function logto(options: LogtoOptions): IssuerOptions {
  assertOptions("logto", options, LOGTO_OPTIONS);
  const { endpoint, audience, rolesClaim = "roles" } = options;
  const issuer = `${withoutLastSlash(endpoint)}/oidc`;
  return {
    issuer,
    keys: { jwksUri: `${issuer}/jwks` },
    audiences: toOptionalList(audience),
    algorithms: ["ES384", "RS256"],
    types: ["at+jwt"],
    claims: { roles: rolesClaim },
  };
}
