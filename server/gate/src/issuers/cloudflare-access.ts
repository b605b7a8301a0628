import type { IssuerOptions } from "../connect/issuer-options.ts";
import { assertOptions, SWITCH } from "../kernel/option-forms.ts";
import { type OptionForms, REQUIRED_HOST, REQUIRED_NAMES, type Texts, toList } from "./preset-forms.ts";

/** What {@link cloudflareAccess} takes. */
export interface CloudflareAccessOptions {
  /** The team domain, such as `acme.cloudflareaccess.com`. */
  readonly teamDomain: string;
  /** The Application Audience (AUD) tag of the application: claim `aud`. */
  readonly audience: Texts;
  /** Take service tokens, too: they have no `sub`, and `common_name` is their subject and their client. Default: false. */
  readonly allowServiceTokens?: boolean | undefined;
}

/** The forms of its options. */
export const CLOUDFLARE_ACCESS_OPTIONS: OptionForms<CloudflareAccessOptions> = {
  teamDomain: REQUIRED_HOST,
  audience: REQUIRED_NAMES,
  allowServiceTokens: SWITCH,
};

/**
 * Trust the application tokens of Cloudflare Access. They come in a header of their own: give `createAuth` the option
 * `tokenHeader: "cf-access-jwt-assertion"`.
 *
 * @throws TypeError when an option is wrong
 */
export function cloudflareAccess(options: CloudflareAccessOptions): IssuerOptions {
  assertOptions("cloudflareAccess", options, CLOUDFLARE_ACCESS_OPTIONS);
  const { teamDomain, audience, allowServiceTokens = false } = options;
  return {
    issuer: `https://${teamDomain}`,
    keys: { jwksUri: `https://${teamDomain}/cdn-cgi/access/certs` },
    audiences: toList(audience),
    algorithms: ["RS256"],
    types: ["JWT"],
    claims: {
      clientId: "common_name",
      roles: { path: ["custom", "roles"] },
      ...(allowServiceTokens ? { subject: ["sub", "common_name"] } : {}),
    },
    // Tokens of the whole organization say "org".
    requiredClaims: { type: "app" },
  };
}
