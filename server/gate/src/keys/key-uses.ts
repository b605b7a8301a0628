/** What the keys of an issuer of access tokens are for (RFC 7517 §4.2). */
const DEFAULT_USES: readonly string[] = ["sig"];

/** The uses of keys by which workloads are identified: those of a trust domain's bundle, and of an OpenID provider's set. */
const SPIFFE_USES: readonly string[] = ["jwt-svid", "sig"];

/** Find the values of `use` that keys of an issuer may have. @param identifiedBy what tells that a token is of it */
export function usesOf(identifiedBy: "iss" | "spiffe_id" = "iss"): readonly string[] {
  return identifiedBy === "spiffe_id" ? SPIFFE_USES : DEFAULT_USES;
}
