import type { IssuerOptions } from "../connect/issuer-options.ts";
import { assertOptions, TEXT } from "../kernel/option-forms.ts";
import { NAMES, type OptionForms, TENANT, TENANTS, type Texts, toOptionalList } from "./preset-forms.ts";

/** What {@link entra} takes. */
export interface EntraOptions {
  /** The directory (tenant) id, of an application for one tenant. Exactly one of this and `tenants`. */
  readonly tenant?: string | undefined;
  /**
   * The tenants whose users may come, of an application for several: their ids, or a function that is asked with the id
   * and answers at once. To admit the users of every tenant, give a function that returns true.
   */
  readonly tenants?: readonly string[] | ((tenant: string) => boolean) | undefined;
  /** Claim `aud`: the application's id with tokens of version 2, or its URI, such as `api://…`, with version 1. Default: the audience of the server. */
  readonly audience?: Texts | undefined;
  /** The version of its access tokens, which the manifest of the application sets. Default: 2. */
  readonly version?: "1" | "2" | undefined;
}

/** The forms of its options. */
export const ENTRA_OPTIONS: OptionForms<EntraOptions> = {
  tenant: TENANT,
  tenants: TENANTS,
  audience: NAMES,
  version: TEXT,
};

/** Where users sign in, and where the keys of all tenants are. */
const AUTHORITY = "https://login.microsoftonline.com";

/**
 * Trust the access tokens of Microsoft Entra ID, of one tenant or of several. Only access tokens name the client that asked
 * for them (`azp`, `appid`), which an ID token for the same application does not.
 *
 * @throws TypeError when an option is wrong
 */
export function entra(options: EntraOptions): IssuerOptions {
  assertOptions("entra", options, ENTRA_OPTIONS);
  const { tenant, tenants, audience, version = "2" } = options;
  if ((tenant === undefined) === (tenants === undefined)) {
    throw new TypeError("entra needs exactly one of tenant and tenants");
  }
  if (version !== "1" && version !== "2") {
    throw new TypeError('option version of entra must be "1" or "2"');
  }
  const name = tenant ?? "{tenantid}";
  const folder = tenant ?? "common";
  const isFirst = version === "1";
  return {
    issuer: isFirst ? `https://sts.windows.net/${name}/` : `${AUTHORITY}/${name}/v2.0`,
    keys: { jwksUri: `${AUTHORITY}/${folder}/discovery${isFirst ? "" : "/v2.0"}/keys` },
    audiences: toOptionalList(audience),
    ...(tenants === undefined ? {} : { tenants: { claim: "tid", allowed: tenants } }),
    algorithms: ["RS256"],
    types: ["JWT"],
    claims: { scopes: "scp", roles: "roles", clientId: isFirst ? "appid" : "azp" },
    requiredClaims: {
      ver: isFirst ? "1.0" : "2.0",
      ...(tenant === undefined ? {} : { tid: tenant }),
    },
    presentClaims: [isFirst ? "appid" : "azp"],
  };
}
