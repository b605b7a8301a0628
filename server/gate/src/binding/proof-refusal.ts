import type { AuthError } from "../errors/auth-error.ts";
import type { FactsInput } from "../errors/facts.ts";
import { createRefusal } from "../errors/refusal.ts";

/** Make the error of a proof that is not valid. @param rule the rule that it breaks, as a sentence without a full stop */
export function refuseProof(rule: string, facts: FactsInput): AuthError {
  return createRefusal("DPOP_PROOF_INVALID", rule, { facts });
}
