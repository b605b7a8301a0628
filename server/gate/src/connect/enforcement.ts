import type { DescService } from "@bufbuild/protobuf";

/** What happens to a call that is not allowed. `shadow`: it goes on, and the audit says that it would be denied. */
export type EnforcementMode = "deny" | "shadow";

/** Says where calls are denied, and where that is only tried. */
export interface Enforcement {
  /** Check whether denials for a service are only written down. */
  isShadow(service: DescService): boolean;
}

/**
 * Create the enforcement of a server: deny everywhere, but for the services that are named.
 *
 * @param modes the modes of services; one that is not named denies
 */
export function createEnforcement(modes: ReadonlyMap<DescService, EnforcementMode>): Enforcement {
  return { isShadow: (service) => modes.get(service) === "shadow" };
}
