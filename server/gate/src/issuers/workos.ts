import type { IssuerOptions } from "../connect/issuer-options.ts";
import { assertOptions } from "../kernel/option-forms.ts";
import { LOCATION, type OptionForms, REQUIRED_SEGMENT } from "./preset-forms.ts";

/** What {@link workos} takes. */
export interface WorkosOptions {
  /** The client id of the environment, such as `client_01H…`: its keys are its own. */
  readonly clientId: string;
  /** Claim `iss`. Default: `https://api.workos.com`; others have their custom domain, or the client id behind it. */
  readonly issuer?: string | undefined;
}

/** The forms of its options. */
export const WORKOS_OPTIONS: OptionForms<WorkosOptions> = { clientId: REQUIRED_SEGMENT, issuer: LOCATION };

/**
 * Trust the access tokens of WorkOS AuthKit. They have no `aud`; whom they are for is said by the keys, which no other
 * environment has. Permissions count as scopes.
 *
 * @throws TypeError when an option is wrong
 */
export function workos(options: WorkosOptions): IssuerOptions {
  assertOptions("workos", options, WORKOS_OPTIONS);
  const { clientId, issuer = "https://api.workos.com" } = options;
  return {
    issuer,
    keys: { jwksUri: `https://api.workos.com/sso/jwks/${encodeURIComponent(clientId)}` },
    algorithms: ["RS256"],
    types: ["JWT"],
    claims: { scopes: ["scope", "permissions"], roles: ["roles", "role"] },
    insecure: { allowMissingAudience: true, allowMissingType: true },
  };
}
