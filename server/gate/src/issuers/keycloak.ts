import type { IssuerOptions } from "../connect/issuer-options.ts";
import { assertOptions, SWITCH, TEXT } from "../kernel/option-forms.ts";
import {
  NAMES,
  type OptionForms,
  REQUIRED_LOCATION,
  type Texts,
  toOptionalList,
  withoutLastSlash,
} from "./preset-forms.ts";

/** What {@link keycloak} takes. */
export interface KeycloakOptions {
  /** The URL of the realm, such as `https://keycloak.example.com/realms/acme`, as claim `iss` has it; a slash at the end is left out. */
  readonly realm: string;
  /**
   * Claim `aud`, as an audience mapper of yours puts it in. Default: the audience of the server. Not `account`, which is in
   * the tokens of every client of the realm: `createAuth` warns of it.
   */
  readonly audience?: Texts | undefined;
  /** The client whose roles count beside those of the realm. Default: none. */
  readonly rolesOfClient?: string | undefined;
  /** Take lightweight tokens, and those of clients without scope `basic`, which have no `sub`. Default: false. */
  readonly allowMissingSubject?: boolean | undefined;
}

/** The forms of its options. */
export const KEYCLOAK_OPTIONS: OptionForms<KeycloakOptions> = {
  realm: REQUIRED_LOCATION,
  audience: NAMES,
  rolesOfClient: TEXT,
  allowMissingSubject: SWITCH,
};

/**
 * Trust the access tokens of a realm of Keycloak. Roles are those of the realm and of one client. Its claim `typ` tells
 * access tokens from ID tokens and refresh tokens.
 *
 * @throws TypeError when an option is wrong
 */
export function keycloak(options: KeycloakOptions): IssuerOptions {
  assertOptions("keycloak", options, KEYCLOAK_OPTIONS);
  const { audience, rolesOfClient, allowMissingSubject = false } = options;
  const realm = withoutLastSlash(options.realm);
  const realmRoles = { path: ["realm_access", "roles"] };
  return {
    issuer: realm,
    keys: { jwksUri: `${realm}/protocol/openid-connect/certs` },
    audiences: toOptionalList(audience),
    algorithms: ["RS256", "PS256", "ES256", "EdDSA"],
    types: ["JWT", "at+jwt"],
    claims: {
      roles:
        rolesOfClient === undefined
          ? realmRoles
          : [realmRoles, { path: ["resource_access", rolesOfClient, "roles"] }],
    },
    requiredClaims: { typ: ["Bearer", "DPoP"] },
    ...(allowMissingSubject ? { insecure: { allowMissingSubject } } : {}),
  };
}
