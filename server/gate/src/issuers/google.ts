import type { IssuerOptions } from "../connect/issuer-options.ts";
import { assertOptions, narrowing } from "../kernel/option-forms.ts";
import {
  NAMES,
  type OptionForms,
  REQUIRED_NAMES,
  type Texts,
  toList,
  toRequiredClaims,
} from "./preset-forms.ts";

/** What {@link google} takes. */
export interface GoogleOptions {
  /** Claim `aud`: OAuth clients of yours, or the audience that service accounts ask for, such as your URL. */
  readonly audience: Texts;
  /** The Workspace domain that users must belong to: claim `hd`. Default: every user with a Google account. */
  readonly hostedDomain?: Texts;
}

/** The forms of its options. */
export const GOOGLE_OPTIONS: OptionForms<GoogleOptions> = {
  audience: REQUIRED_NAMES,
  hostedDomain: narrowing(NAMES),
};

/**
 * Trust the ID tokens of Google, of users and of service accounts. Google's access tokens are opaque: no server but
 * Google's can verify them. Any stranger can open a Google account: give `hostedDomain`, or
 * rules that name who may call.
 *
 * @throws TypeError when an option is wrong
 */
export function google(options: GoogleOptions): IssuerOptions {
  assertOptions("google", options, GOOGLE_OPTIONS);
  const { audience, hostedDomain } = options;
  return {
    issuer: "https://accounts.google.com",
    keys: { jwksUri: "https://www.googleapis.com/oauth2/v3/certs" },
    audiences: toList(audience),
    algorithms: ["RS256"],
    types: ["JWT"],
    requiredClaims: toRequiredClaims({ hd: hostedDomain }),
  };
}
