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

/** What {@link googleIap} takes. */
export interface GoogleIapOptions {
  /** Claim `aud`, such as `/projects/NUMBER/global/backendServices/ID` or `/projects/NUMBER/apps/PROJECT`. */
  readonly audience: Texts;
  /** The Workspace domain that users must belong to: claim `hd`. Default: whom the proxy lets in. */
  readonly hostedDomain?: Texts;
}

/** The forms of its options. */
export const GOOGLE_IAP_OPTIONS: OptionForms<GoogleIapOptions> = {
  audience: REQUIRED_NAMES,
  hostedDomain: narrowing(NAMES),
};

/**
 * Trust the assertions of Google's Identity-Aware Proxy. They come in a header of their own: give `createAuth` the option
 * `tokenHeader: "x-goog-iap-jwt-assertion"`.
 *
 * @throws TypeError when an option is wrong
 */
export function googleIap(options: GoogleIapOptions): IssuerOptions {
  assertOptions("googleIap", options, GOOGLE_IAP_OPTIONS);
  const { audience, hostedDomain } = options;
  return {
    issuer: "https://cloud.google.com/iap",
    keys: { jwksUri: "https://www.gstatic.com/iap/verify/public_key-jwk" },
    audiences: toList(audience),
    algorithms: ["ES256"],
    types: ["JWT"],
    requiredClaims: toRequiredClaims({ hd: hostedDomain }),
  };
}
