import type { IssuerOptions } from "../connect/issuer-options.ts";
import type { KeyOptions } from "../connect/key-options.ts";
import { assertOptions } from "../kernel/option-forms.ts";
import { BYTES, type OptionForms, REQUIRED_LOCATION, withoutLastSlash } from "./preset-forms.ts";

/** What {@link supabase} takes. */
export interface SupabaseOptions {
  /** The URL of the project, such as `https://abcdefgh.supabase.co`, or its custom domain. */
  readonly url: string;
  /** The shared secret of before, for as long as tokens of HS256 are about. Default: none, they are refused. */
  readonly sharedSecret?: Uint8Array | undefined;
}

/** The forms of its options. */
export const SUPABASE_OPTIONS: OptionForms<SupabaseOptions> = { url: REQUIRED_LOCATION, sharedSecret: BYTES };

/**
 * Trust the access tokens of the users of a Supabase project. Roles are those of `app_metadata.roles`, which users cannot
 * change themselves. The keys `anon` and `service_role` are refused: their `role` is another. Anonymous users are users, too:
 * a rule can refuse them (`principal.claims.is_anonymous`).
 *
 * @throws TypeError when an option is wrong
 */
export function supabase(options: SupabaseOptions): IssuerOptions {
  assertOptions("supabase", options, SUPABASE_OPTIONS);
  const { url, sharedSecret } = options;
  const issuer = `${withoutLastSlash(url)}/auth/v1`;
  const published: KeyOptions = { jwksUri: `${issuer}/.well-known/jwks.json` };
  return {
    issuer,
    keys: sharedSecret === undefined ? published : [published, { sharedSecret }],
    audiences: ["authenticated"],
    algorithms: ["ES256", "RS256", "EdDSA", ...(sharedSecret === undefined ? [] : (["HS256"] as const))],
    types: ["JWT"],
    claims: { roles: { path: ["app_metadata", "roles"] } },
    requiredClaims: { role: "authenticated" },
  };
}
