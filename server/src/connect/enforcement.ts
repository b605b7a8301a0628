import type { DescService } from "@bufbuild/protobuf";
import type { Interceptor } from "@connectrpc/connect";

/** What happens to a call that is not allowed. `shadow`: it goes on, and the audit says that it would be denied. */
export type EnforcementMode = "deny" | "shadow";

/** Says where calls are denied, and where that is only tried. */
export interface Enforcement {
  /** Say whether denials for a service are only written down. */
  isShadow(service: DescService): boolean;
  /** Leave an interceptor out for services in shadow mode. */
  unlessShadow(interceptor: Interceptor): Interceptor;
}

/**
 * Create the enforcement of a server: deny everywhere, but for the services that are named.
 *
 * @param modes the modes of services; one that is not named denies
 */
export function createEnforcement(modes: ReadonlyMap<DescService, EnforcementMode>): Enforcement {
  const isShadow = (service: DescService): boolean => modes.get(service) === "shadow";
  return {
    isShadow,
    unlessShadow: (interceptor) => (next) => {
      const intercepted = interceptor(next);
      return (req) => (isShadow(req.service) ? next(req) : intercepted(req));
    },
  };
}
