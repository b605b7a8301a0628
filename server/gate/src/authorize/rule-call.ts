import type { CelEnv, CelFunc, CelType } from "@bufbuild/cel";
import {
  ANY,
  canBeEqual,
  describeType,
  isOpen,
  join,
  listOf,
  type RuleType,
  SCALARS,
  type ScalarName,
} from "./rule-type.ts";

/** A call of a function, a method or an operator in a rule. */
export interface RuleCall {
  /** Its name in the parsed rule: operators have names such as `_==_`. */
  readonly name: string;
  /** What a method is called on; undefined: it is no method. */
  readonly target: RuleType | undefined;
  readonly args: readonly RuleType[];
}

/** The result of a call, or why it can have none. */
export type CallResult =
  | { readonly kind: "type"; readonly type: RuleType }
  | { readonly kind: "fault"; readonly fault: string };

const EQUALITY: ReadonlySet<string> = new Set(["_==_", "_!=_"]);
const LOGIC: ReadonlySet<string> = new Set(["_&&_", "_||_"]);

/**
 * Find the result of a call by the functions of the language that evaluates it.
 *
 * Stricter than that in one: it compares anything with anything, and finds text and a number unequal. A rule that does
 * so is a mistake, and with `!=` it allows everything.
 */
export function typeOfCall({ name, target, args }: RuleCall, env: CelEnv): CallResult {
  const [left = ANY, right = ANY, other = ANY] = args;
  if (EQUALITY.has(name)) {
    return canBeEqual(left, right) ? typed(SCALARS.bool) : incomparable(left, right);
  }
  if (name === "@in") {
    return typeOfSearch(left, right);
  }
  if (LOGIC.has(name)) {
    return args.every(mayBeBool) ? typed(SCALARS.bool) : inapplicable(name, args);
  }
  if (name === "@not_strictly_false") {
    return typed(SCALARS.bool);
  }
  if (name === "_?_:_") {
    return mayBeBool(left) ? typed(join(right, other)) : inapplicable(name, [left]);
  }
  const overloads = [...(env.funcs.find(name) ?? [])];
  if (overloads.length === 0) {
    return { kind: "fault", fault: `calls an unknown function ${name}` };
  }
  const fitting = overloads.filter((overload) => fits(overload, target, args));
  return fitting.length === 0
    ? inapplicable(name, target === undefined ? args : [target, ...args])
    : typed(toResult(name, fitting, args));
}

function typed(type: RuleType): CallResult {
  return { kind: "type", type };
}

function incomparable(left: RuleType, right: RuleType): CallResult {
  return { kind: "fault", fault: `compares ${describeType(left)} with ${describeType(right)}` };
}

function inapplicable(name: string, args: readonly RuleType[]): CallResult {
  const operator = name.replaceAll(/[_@]/g, "");
  return { kind: "fault", fault: `applies ${operator} to (${args.map(describeType).join(", ")})` };
}

function mayBeBool(type: RuleType): boolean {
  return isOpen(type) || (type.kind === "scalar" && type.name === "bool");
}

/** Something in a list, or a key in a map. */
function typeOfSearch(sought: RuleType, container: RuleType): CallResult {
  if (isOpen(container)) {
    return typed(SCALARS.bool);
  }
  if (container.kind === "list" || container.kind === "map") {
    const found = container.kind === "list" ? container.element : container.key;
    return canBeEqual(sought, found) ? typed(SCALARS.bool) : incomparable(sought, found);
  }
  return container.kind === "record" && canBeEqual(sought, SCALARS.string)
    ? typed(SCALARS.bool)
    : inapplicable("@in", [sought, container]);
}

function fits(overload: CelFunc, target: RuleType | undefined, args: readonly RuleType[]): boolean {
  return (
    (overload.target === undefined) === (target === undefined) &&
    (overload.target === undefined || target === undefined || takes(overload.target, target)) &&
    overload.arguments.length === args.length &&
    overload.arguments.every((parameter, at) => takes(parameter, args[at] ?? ANY))
  );
}

function takes(parameter: CelType, type: RuleType): boolean {
  if (parameter.name === "dyn" || isOpen(type)) {
    return true;
  }
  if (type.kind === "message") {
    return parameter.kind === "object" && parameter.name === type.desc.typeName;
  }
  if (type.kind === "scalar") {
    return parameter.kind === "scalar" && parameter.name === type.name;
  }
  return parameter.kind === (type.kind === "record" ? "map" : type.kind);
}

/** Of several that fit, only a call shows which it is. */
function toResult(name: string, overloads: readonly CelFunc[], args: readonly RuleType[]): RuleType {
  const [first, ...others] = overloads.map(({ result }) => result);
  if (first === undefined || others.some((other) => other.name !== first.name)) {
    return ANY;
  }
  if (first.kind === "list" && name === "_+_") {
    return args.every(({ kind }) => kind === "list") ? args.reduce(join) : listOf(ANY);
  }
  return toRuleType(first);
}

function toRuleType(type: CelType): RuleType {
  switch (type.kind) {
    case "scalar":
      return isScalarName(type.name) ? SCALARS[type.name] : ANY;
    case "list":
      return listOf(toRuleType(type.element));
    case "object":
      return type.desc === undefined ? ANY : { kind: "message", desc: type.desc };
    default:
      return ANY;
  }
}

function isScalarName(name: string): name is ScalarName {
  return Object.hasOwn(SCALARS, name);
}
