import type { Principal } from "../../authenticate/principal.ts";
import type { AuthReason } from "../../errors/auth-error.ts";
import type { Check, Hint } from "../../errors/facts.ts";

/** What the gate would do with a call, and why. Frozen, and without the token. */
export interface Explanation {
  /** Whether the call is let in: by the gate, and by the rule of the method for its message. */
  readonly verdict: "allowed" | "denied";
  /** The RPC, as `package.Service/Method`. */
  readonly method: string;
  /**
   * Whether a call that is denied goes on all the same, because its service is in shadow mode. The verdict does not
   * regard it.
   */
  readonly isShadow: boolean;
  /** Why the call is denied, as the caller learns it; `INTERNAL`: the server would fail. Undefined: it is allowed. */
  readonly reason: AuthReason | "INTERNAL" | undefined;
  /** The rule that was broken, in words of ours. Undefined: none was. */
  readonly detail: string | undefined;
  /** The check that denies the call. */
  readonly check: Check | undefined;
  /** What would have passed it, in at most 256 characters. */
  readonly expected: string | undefined;
  /** What came, in at most 256 characters, escaped. */
  readonly got: string | undefined;
  /** What the token looks like, where that says more than the check what to do: an ID token, for one. */
  readonly hint: Hint | undefined;
  /** The rule of the method, as its proto has it; undefined: it has none. */
  readonly rule: string | undefined;
  /**
   * Where the proto says what the call is held to: `acme/v1/notes.proto:12`, the line where the descriptors have source
   * info. For a call that is allowed, where its policy stands.
   */
  readonly place: string;
  /** Who the token speaks for, once its signature and its claims were found good. Undefined: they were not. */
  readonly principal: Principal | undefined;
  /** What was looked at, in the order of the gate. */
  readonly steps: readonly ExplanationStep[];
}

/** One step of the gate. */
export interface ExplanationStep {
  readonly step: Step;
  /** `not_needed`: the method, or a call without a token, has nothing of the kind. `not_reached`: an earlier one denied. */
  readonly result: "passed" | "denied" | "not_needed" | "not_reached";
}

/** The steps of the gate, in its order. */
export const STEPS = [
  "policy",
  "token",
  "issuer",
  "signature",
  "claims",
  "time",
  "revocation",
  "sender",
  "conditions",
  "rule",
  "decide",
] as const;

/** A step of the gate. */
export type Step = (typeof STEPS)[number];

/** The step that each check belongs to. */
const STEP_OF_CHECK = {
  policy: "policy",
  rate: "token",
  token_missing: "token",
  token_source: "token",
  token_size: "token",
  token_form: "token",
  header: "signature",
  issuer: "issuer",
  tenant: "issuer",
  algorithm: "signature",
  type: "signature",
  key: "signature",
  keys_unavailable: "signature",
  signature: "signature",
  claim: "claims",
  audience: "claims",
  subject: "claims",
  actor: "claims",
  life: "claims",
  binding: "claims",
  not_before: "time",
  expiry: "time",
  revoked: "revocation",
  revocations_unavailable: "revocation",
  sender: "sender",
  proof_missing: "sender",
  proof: "sender",
  proof_url: "sender",
  proof_time: "sender",
  proof_nonce: "sender",
  proof_replay: "sender",
  scopes: "conditions",
  roles: "conditions",
  client: "conditions",
  audience_of_method: "conditions",
  auth_age: "conditions",
  acr: "conditions",
  renewal: "conditions",
  stream: "conditions",
  rule: "rule",
  decide: "decide",
} as const satisfies Record<Check, Step>;

/** The steps that only a call with a token has. */
const OF_TOKEN: ReadonlySet<Step> = new Set([
  "issuer",
  "signature",
  "claims",
  "time",
  "revocation",
  "sender",
  "conditions",
]);

/** What the steps of a call go by. */
export interface SteppedCall {
  readonly isPublic: boolean;
  readonly hasToken: boolean;
  readonly hasRule: boolean;
  /** Whether the application decides too. */
  readonly hasDecider: boolean;
  /** The step that denied it; undefined: none did. */
  readonly denied: Step | undefined;
}

/** Find the step that a refusal belongs to. A binding is looked at twice: on the token, and for the method. */
export function stepOf(check: Check | undefined, hasPrincipal: boolean): Step {
  if (check === undefined) {
    return hasPrincipal ? "rule" : "token";
  }
  return check === "binding" && hasPrincipal ? "conditions" : STEP_OF_CHECK[check];
}

/** List what became of each step. */
export function toSteps({
  isPublic,
  hasToken,
  hasRule,
  hasDecider,
  denied,
}: SteppedCall): readonly ExplanationStep[] {
  const end = denied === undefined ? STEPS.length : STEPS.indexOf(denied);
  const isNeeded = (step: Step): boolean => {
    if (step === "policy") {
      return true;
    }
    if (step === "rule" || step === "decide") {
      return !isPublic && (step === "rule" ? hasRule : hasDecider);
    }
    return !isPublic && (hasToken || !OF_TOKEN.has(step));
  };
  return STEPS.map((step, at) => {
    if (step === denied) {
      return { step, result: "denied" };
    }
    if (!isNeeded(step)) {
      return { step, result: "not_needed" };
    }
    return { step, result: at < end ? "passed" : "not_reached" };
  });
}
