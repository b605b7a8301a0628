import { type DescMethod, type DescService, getOption, hasOption } from "@bufbuild/protobuf";
import type { Duration } from "@bufbuild/protobuf/wkt";
import {
  Access,
  default_policy,
  OnExpiry,
  type Policy as PolicyMessage,
  policy as policyOption,
  TokenBinding,
} from "@countersign/gen/countersign/auth/v1/options_pb.js";
import { compileRule, type Rule } from "./rule.ts";

/** The access rule of one method, with every default filled in. */
export interface Policy {
  /** Whether a token is needed. */
  readonly access: "public" | "optional" | "authenticated";
  /** Scopes that the token must all have. */
  readonly scopes: readonly string[];
  /** Scopes of which it must have one; empty: no such condition. */
  readonly anyScopes: readonly string[];
  /** Roles of which the principal must have one; empty: no such condition. */
  readonly roles: readonly string[];
  /** Audiences of which the token must name one; empty: the server's. */
  readonly audiences: readonly string[];
  /** Clients that may call; empty: every client. */
  readonly clientIds: readonly string[];
  /** How long ago the user may have proved who they are, in seconds. */
  readonly maxAuthAgeSeconds: number | undefined;
  /** Whether the token must be bound to a key of its sender. */
  readonly requiresBinding: boolean;
  /** A condition on every inbound message; undefined: none. */
  readonly rule: Rule | undefined;
  /** Whether a stream may be renewed in place when its token expires. */
  readonly renewable: boolean;
  /** The longest life of a stream, in milliseconds; undefined: no limit. */
  readonly streamMaxAgeMs: number | undefined;
}

/** A policy, or what is wrong with the one that was written. */
export type PolicyResult =
  | { readonly kind: "policy"; readonly policy: Policy; readonly source: "method" | "service" }
  | { readonly kind: "fault"; readonly fault: string };

/** What a policy says beside who needs a token, and beside its rule. */
type PolicyFields = Omit<Policy, "access" | "rule">;

/** How one field of a policy is read. */
interface PolicyField<T> {
  /** Its value in a policy that does not set it. */
  readonly none: T;
  readonly read: (message: PolicyMessage) => T;
  /** Whether it is a condition on the token, which only a method that needs one can have. */
  readonly isOfToken: boolean;
}

/** All fields. One that is added here is read, has a default, and is checked for contradictions. */
const FIELDS: { readonly [Name in keyof PolicyFields]: PolicyField<PolicyFields[Name]> } = {
  scopes: names(({ scopes }) => scopes),
  anyScopes: names(({ anyScopes }) => anyScopes),
  roles: names(({ roles }) => roles),
  audiences: names(({ audiences }) => audiences),
  clientIds: names(({ clientIds }) => clientIds),
  maxAuthAgeSeconds: {
    none: undefined,
    read: ({ maxAuthAge }) => (maxAuthAge === undefined ? undefined : toMs(maxAuthAge) / 1000),
    isOfToken: true,
  },
  requiresBinding: {
    none: false,
    read: ({ binding }) => binding === TokenBinding.REQUIRED,
    isOfToken: true,
  },
  renewable: {
    none: false,
    read: ({ stream }) => stream?.onExpiry === OnExpiry.RENEW,
    isOfToken: false,
  },
  streamMaxAgeMs: {
    none: undefined,
    read: ({ stream }) => (stream?.maxAge === undefined ? undefined : toMs(stream.maxAge)),
    isOfToken: false,
  },
};

const FIELD_NAMES = Object.keys(FIELDS) as readonly (keyof PolicyFields)[]; // as its type has them

/** A condition on the token that is a list of names: empty where it is not set. */
function names(read: (message: PolicyMessage) => readonly string[]): PolicyField<readonly string[]> {
  return { none: Object.freeze([]), read: (message) => Object.freeze(read(message)), isOfToken: true };
}

/** The rule for services whose proto cannot be annotated and that every client may call, such as health. */
export const PUBLIC_POLICY: Policy = Object.freeze(withoutConditions("public"));
/** The rule for services whose proto cannot be annotated and that any signed-in caller may call. */
export const AUTHENTICATED_POLICY: Policy = Object.freeze(withoutConditions("authenticated"));

/**
 * Read the access rule of a method from its proto: its own, or else its service's default, whole.
 *
 * @param method the method's descriptor
 */
export function readPolicy(method: DescMethod): PolicyResult {
  const source = hasOption(method, policyOption) ? "method" : "service";
  if (source === "service" && !hasOption(method.parent, default_policy)) {
    return { kind: "fault", fault: "has no access rule" };
  }
  const message = source === "method" ? getOption(method, policyOption) : readDefault(method.parent);
  const fault = findFault(message);
  if (fault !== undefined) {
    return { kind: "fault", fault };
  }
  try {
    const rule = message.rule === "" ? undefined : compileRule(message.rule, method.input);
    return { kind: "policy", policy: Object.freeze(fromMessage(message, rule)), source };
  } catch (error) {
    if (error instanceof TypeError) {
      return { kind: "fault", fault: error.message };
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
  if (hasUnknownFields(message) || hasUnknownFields(message.stream)) {
    return "has a field that this version does not know";
  }
  const hasRule = message.rule !== "";
  return findContradiction({
    ...fromMessage(message, undefined),
    hasRule,
    hasStream: message.stream !== undefined,
  });
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

/** A condition that this version cannot read must not be passed over. */
function hasUnknownFields(message: Pick<PolicyMessage, "$unknown"> | undefined): boolean {
  return message?.$unknown !== undefined && message.$unknown.length > 0;
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

function toMs(duration: Duration): number {
  return Number(duration.seconds) * 1000 + duration.nanos / 1_000_000;
}
