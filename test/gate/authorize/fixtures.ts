import type { Principal } from "../../../server/gate/src/authenticate/principal.ts";
import { AUTHENTICATED_POLICY } from "../../../server/gate/src/authorize/policy.ts";
import type { Policy } from "../../../server/gate/src/authorize/policy-fields.ts";

/** A principal with everything, some members changed. */
export function principalOf(parts: Partial<Principal> = {}): Principal {
  return {
    subject: "usr_ada",
    issuer: "https://issuer.example",
    clientId: "app",
    sessionId: "session-1",
    tokenId: "token-1",
    scopes: ["read", "write"],
    roles: ["author"],
    audience: ["ledger"],
    authTimeSeconds: 1000,
    acr: undefined,
    amr: [],
    actor: undefined,
    expiresAtSeconds: 1600,
    issuedAtSeconds: 1000,
    keyId: "key-1",
    binding: undefined,
    claims: {},
    ...parts,
  };
}

/** The rule that only asks for a token, with some conditions added. */
export function policyOf(parts: Partial<Policy> = {}): Policy {
  return { ...AUTHENTICATED_POLICY, ...parts };
}
