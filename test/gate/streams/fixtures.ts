import type { Principal } from "../../../server/gate/src/authenticate/principal.ts";
import { AUTHENTICATED_POLICY } from "../../../server/gate/src/authorize/policy.ts";
import type { Policy } from "../../../server/gate/src/authorize/policy-fields.ts";
import type { AuthError } from "../../../server/gate/src/errors/auth-error.ts";
import type { StreamLease } from "../../../server/gate/src/streams/stream-registry.ts";
import { principalOf } from "../authorize/fixtures.ts";

/** A principal of a session, with some members changed. */
export function principal(parts: Partial<Principal> = {}): Principal {
  return principalOf({
    ...{ subject: "ada", scopes: ["notes:read"], roles: [], audience: ["notes"] },
    ...parts,
  });
}

/** The rule of a method whose streams may be renewed and need a scope. */
export const RENEWABLE: Policy = { ...AUTHENTICATED_POLICY, renewable: true, scopes: ["notes:read"] };

/** A lease that remembers what was done to it. */
export interface RecordingLease extends StreamLease {
  readonly ends: AuthError[];
  readonly renewals: Principal[];
}

/** Make a lease that lasts ten minutes from every renewal. */
export function recordingLease(streamId: string, of: Principal, policy: Policy = RENEWABLE): RecordingLease {
  const ends: AuthError[] = [];
  const renewals: Principal[] = [];
  return {
    streamId,
    policy,
    principal: of,
    toleranceSeconds: 5,
    ends,
    renewals,
    end: (error) => void ends.push(error),
    renew(renewed) {
      renewals.push(renewed);
      return 600_000;
    },
    judgeAgain: () => undefined,
  };
}
