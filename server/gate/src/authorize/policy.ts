import { type DescMethod, type DescService, getOption, hasOption } from "@bufbuild/protobuf";
import {
  Access,
  default_policy,
  OnExpiry,
  type Policy as PolicyMessage,
  policy as policyOption,
  TokenBinding,
} from "@countersign/gen/countersign/auth/v1/options_pb.js";
import type { Check } from "../errors/facts.ts";
import { FIELD_NAMES, FIELDS, hasUnreadConditions, type Policy, type PolicyFields } from "./policy-fields.ts";
import { compileRule, type Rule, type RuleContext } from "./rule.ts";

/** A policy, or what is wrong with the one that was written. */
export type PolicyResult =
  | { readonly kind: "policy"; readonly policy: Policy; readonly source: "method" | "service" }
  /** `check`: the part of the policy that is at fault, where it is one. */
  | { readonly kind: "fault"; readonly fault: string; readonly check?: Check };

/** The rule for services whose proto cannot be annotated and that every client may call, such as health. */
export const PUBLIC_POLICY: Policy = Object.freeze(withoutConditions("public"));
/** The rule for services whose proto cannot be annotated and that any signed-in caller may call. */
export const AUTHENTICATED_POLICY: Policy = Object.freeze(withoutConditions("authenticated"));

/**
 * Read the access rule of a method from its proto: its own, or else its service's default, whole.
 *
 * @param method the method's descriptor
 * @param context what its rule may name. Default: a principal whose claims nothing describes
 */
export function readPolicy(method: DescMethod, context?: RuleContext): PolicyResult {
  const source = hasOption(method, policyOption) ? "method" : "service";
  if (source === "service" && !hasOption(method.parent, default_policy)) {
    return { kind: "fault", fault: "has no access rule" };
  }
  const message = source === "method" ? getOption(method, policyOption) : readDefault(method.parent);
  const fault = findFault(message) ?? (source === "method" ? findMisfit(message, method) : undefined);
  if (fault !== undefined) {
    return { kind: "fault", fault };
  }
  try {
    const rule = message.rule === "" ? undefined : compileRule(message.rule, method.input, context);
    return { kind: "policy", policy: Object.freeze(fromMessage(message, rule)), source };
  } catch (error) {
    if (error instanceof TypeError) {
      return { kind: "fault", fault: error.message, check: "rule" };
    }
    throw error;
  }
}

function readDefault(service: DescService): PolicyMessage {
  return getOption(service, default_policy);
}

const ACCESS: Readonly<Record<number, Policy["access"]>> = {
  [Access.PUBLIC]: "public",
  [Access.OPTIONAL]: "optional",
  [Access.AUTHENTICATED]: "authenticated",
};

/** Find what makes a policy mean nothing, or two things. */
function findFault(message: PolicyMessage): string | undefined {
  const access = ACCESS[message.access];
  if (access === undefined) {
    return "does not say whether a token is needed (access)";
  }
  if (!isMember(TokenBinding, message.binding) || !isMember(OnExpiry, message.stream?.onExpiry ?? 0)) {
    return "has a value that this version does not know";
  }
  if (hasUnreadConditions(message)) {
    return "has a field that this version does not know";
  }
  const hasRule = message.rule !== "";
  return findContradiction({
    ...fromMessage(message, undefined),
    hasRule,
    hasStream: message.stream !== undefined,
  });
}

/** Find what a policy says in vain. What a service says for all of its methods need not concern each of them. */
function findMisfit(message: PolicyMessage, method: DescMethod): string | undefined {
  return message.stream !== undefined && method.methodKind === "unary"
    ? "is unary, yet says how its stream ends"
    : undefined;
}

/**
 * Find what makes a policy contradict itself, that a server gives for a proto that is not its own.
 *
 * @returns what is wrong, to be said after the name of a method; undefined: nothing is
 */
export function findPolicyFault(policy: Policy): string | undefined {
  if (!Object.values(ACCESS).includes(policy.access)) {
    return "does not say whether a token is needed (access)";
  }
  const hasStream = policy.renewable || policy.streamMaxAgeMs !== undefined;
  return findContradiction({ ...policy, hasRule: policy.rule !== undefined, hasStream });
}

type Conditions = Omit<Policy, "rule"> & { readonly hasRule: boolean; readonly hasStream: boolean };

function findContradiction(policy: Conditions): string | undefined {
  const { access } = policy;
  const texts: readonly unknown[] = FIELD_NAMES.map((name) => policy[name])
    .filter(Array.isArray)
    .flat();
  if (texts.some((text) => text === "" || /\s/.test(String(text)))) {
    return "has an empty name, or one with a space in it";
  }
  if (
    access !== "authenticated" &&
    FIELD_NAMES.some((name) => FIELDS[name].isOfToken && isSet(policy, name))
  ) {
    return `is ${access}, yet sets conditions on the token`;
  }
  if (access === "public" && (policy.hasRule || policy.hasStream)) {
    return "is public, yet has a rule or ends its streams";
  }
  if (FIELD_NAMES.map((name) => policy[name]).some((value) => typeof value === "number" && !(value > 0))) {
    return "has a duration that is not positive";
  }
  return undefined;
}

function isSet(policy: PolicyFields, name: keyof PolicyFields): boolean {
  const value = policy[name];
  return Array.isArray(value) ? value.length > 0 : value !== FIELDS[name].none;
}

/** Enums of proto3 are open: a newer proto may send a number that has no name here. */
function isMember(numbers: Readonly<Record<string, number>>, value: number): boolean {
  return Object.values(numbers).includes(value);
}

function fromMessage(message: PolicyMessage, rule: Rule | undefined): Policy {
  const access = ACCESS[message.access] ?? "authenticated";
  return toPolicy(access, rule, (name) => FIELDS[name].read(message));
}

function withoutConditions(access: Policy["access"]): Policy {
  return toPolicy(access, undefined, (name) => FIELDS[name].none);
}

function toPolicy(
  access: Policy["access"],
  rule: Rule | undefined,
  read: (name: keyof PolicyFields) => unknown,
): Policy {
  const fields = Object.fromEntries(FIELD_NAMES.map((name) => [name, read(name)]));
  return { access, rule, ...(fields as unknown as PolicyFields) }; // FIELDS is complete by its type
}
