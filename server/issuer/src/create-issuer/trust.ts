import type { IssuerOptions, IssuerSignals, KeySource } from "@countersign/server";
import { SIGNING_ALGORITHM } from "../keys/signing-key.ts";

/** What gates must know of an issuer of this package. */
export interface TrustParts {
  /** Its name. */
  readonly url: string;
  /** The audience that its tokens are for when a client asks for none. */
  readonly audience: string;
  /** Further audiences that a client can ask for. */
  readonly resources: readonly string[];
  readonly keySource: KeySource;
  readonly signals: IssuerSignals;
}

/** Describe an issuer of this package to gates: how its tokens look, and what it says of them afterwards. */
export function toTrust({ url, audience, resources, keySource, signals }: TrustParts): IssuerOptions {
  return {
    issuer: url,
    tokenAudience: resources.length === 0 ? audience : [audience, ...resources],
    algorithms: [SIGNING_ALGORITHM],
    keys: { source: keySource },
    requireProfileClaims: true,
    signals,
  };
}
