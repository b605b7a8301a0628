import type { IssuerOptions } from "../connect/issuer-options.ts";
import type { KeyOptions } from "../connect/key-options.ts";
import { assertOptions, OBJECT } from "../kernel/option-forms.ts";
import type { FetchOptions } from "../keys/fetch-document.ts";
import {
  assertNothingFetched,
  FIELDS,
  FUNCTION,
  LOCATION,
  NAMES,
  type OptionForms,
  REQUIRED_HOST,
  type Texts,
  toOptionalList,
} from "./preset-forms.ts";

/** What {@link spiffe} takes. */
export interface SpiffeOptions extends FetchOptions {
  /** The trust domain, such as `acme.example`: what the SPIFFE IDs of its workloads begin with. */
  readonly trustDomain: string;
  /** Claim `aud`, which workloads ask for. Default: the audience of the server. */
  readonly audience?: Texts | undefined;
  /** The URL of the bundle endpoint. Exactly one of this and `bundle`. */
  readonly bundleUri?: string | undefined;
  /** The bundle itself, without `headers` and `fetch`: a JWK Set with keys of use `jwt-svid`. */
  readonly bundle?: object | undefined;
}

/** The forms of its options. */
export const SPIFFE_OPTIONS: OptionForms<SpiffeOptions> = {
  trustDomain: REQUIRED_HOST,
  audience: NAMES,
  bundleUri: LOCATION,
  bundle: OBJECT,
  headers: FIELDS,
  fetch: FUNCTION,
};

/**
 * Trust the JWT-SVIDs of a SPIFFE trust domain. They have no `iss`: the trust domain is in `sub`, which is the SPIFFE ID of
 * the workload.
 *
 * @throws TypeError when an option is wrong
 */
export function spiffe(options: SpiffeOptions): IssuerOptions {
  assertOptions("spiffe", options, SPIFFE_OPTIONS);
  const { trustDomain, audience } = options;
  return {
    issuer: `spiffe://${trustDomain}`,
    identifiedBy: "spiffe_id",
    keys: toKeys(options),
    audiences: toOptionalList(audience),
    algorithms: ["RS256", "RS384", "RS512", "ES256", "ES384", "ES512", "PS256", "PS384", "PS512"],
    types: ["JWT", "JOSE"],
    insecure: { allowMissingType: true, allowMissingIssuedAt: true },
  };
}

/** @throws TypeError when the keys are not given in one way, or are given and how to fetch them as well */
function toKeys({ bundle, bundleUri, headers, fetch }: SpiffeOptions): KeyOptions {
  if ((bundle === undefined) === (bundleUri === undefined)) {
    throw new TypeError("spiffe needs exactly one of bundle and bundleUri");
  }
  if (bundleUri !== undefined) {
    return { jwksUri: bundleUri, headers, fetch };
  }
  assertNothingFetched("spiffe", "bundle", { headers, fetch });
  return { jwks: bundle };
}
