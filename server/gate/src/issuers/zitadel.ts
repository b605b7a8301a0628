import type { IssuerOptions } from "../connect/issuer-options.ts";
import { assertOptions, narrowing, TEXT } from "../kernel/option-forms.ts";
import { NAMES, type OptionForms, REQUIRED_HOST, type Texts, toOptionalList } from "./preset-forms.ts";

/** What {@link zitadel} takes. */
export interface ZitadelOptions {
  /** The domain of the instance, such as `acme-1.zitadel.cloud`. */
  readonly domain: string;
  /** Claim `aud`: the id of your project, which clients ask for with `urn:zitadel:iam:org:project:id:…:aud`. Default: the audience of the server. */
  readonly audience?: Texts | undefined;
  /** The project whose roles count. Default: that of the client. */
  readonly projectId?: string;
}

/** The forms of its options. */
export const ZITADEL_OPTIONS: OptionForms<ZitadelOptions> = {
  domain: REQUIRED_HOST,
  audience: NAMES,
  projectId: narrowing(TEXT),
};

/**
 * Trust the access tokens of Zitadel; the application must have it make JWTs. Roles are the keys of an object. Claims that
 * only ID tokens have tell these apart, since their audience is the same.
 *
 * @throws TypeError when an option is wrong
 */
export function zitadel(options: ZitadelOptions): IssuerOptions {
  assertOptions("zitadel", options, ZITADEL_OPTIONS);
  const { domain, audience, projectId } = options;
  const project = projectId === undefined ? "" : `${projectId}:`;
  return {
    issuer: `https://${domain}`,
    keys: { jwksUri: `https://${domain}/oauth/v2/keys` },
    audiences: toOptionalList(audience),
    algorithms: ["RS256", "ES256", "EdDSA"],
    types: ["JWT", "at+jwt"],
    claims: { roles: { path: [`urn:zitadel:iam:org:project:${project}roles`], objectKeys: true } },
    forbiddenClaims: ["nonce", "at_hash", "c_hash", "amr", "auth_time"],
  };
}
