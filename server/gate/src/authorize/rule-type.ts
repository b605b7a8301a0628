import type { DescMessage } from "@bufbuild/protobuf";

/** What is known before any call of the value of an expression in a rule. */
export type RuleType =
  /** Anything: only a call shows it. */
  | { readonly kind: "any" }
  /** The element of a list, or the key of a map, that is written without any. */
  | { readonly kind: "nothing" }
  /** A value without parts. Nullable: it may also be null, as a wrapper that is not set. */
  | { readonly kind: "scalar"; readonly name: ScalarName; readonly isNullable: boolean }
  | { readonly kind: "list"; readonly element: RuleType }
  | { readonly kind: "map"; readonly key: RuleType; readonly value: RuleType }
  | { readonly kind: "message"; readonly desc: DescMessage }
  /** Members that are not those of a message: of `principal`, of its actor, of claims that are described. */
  | RecordType;

/** A type of the language that has no parts. */
export type ScalarName = "bool" | "int" | "uint" | "double" | "string" | "bytes" | "null_type" | "type";

/** A type with members of its own. */
export interface RecordType {
  readonly kind: "record";
  /** What it is called in an error, such as `principal`. */
  readonly label: string;
  /** The message that describes it, if one does. */
  readonly typeName?: string;
  /** Find the type of a member; undefined: it has no such member. */
  memberOf(name: string): RuleType | undefined;
}

/** Anything: only a call shows it. */
export const ANY: RuleType = { kind: "any" };
/** What an empty list has as its elements. */
export const NOTHING: RuleType = { kind: "nothing" };

/** The types without parts, none of which may be null. */
export const SCALARS = {
  bool: scalar("bool"),
  int: scalar("int"),
  uint: scalar("uint"),
  double: scalar("double"),
  string: scalar("string"),
  bytes: scalar("bytes"),
  null_type: scalar("null_type"),
  type: scalar("type"),
} satisfies Readonly<Record<ScalarName, RuleType>>;

function scalar(name: ScalarName): RuleType {
  return { kind: "scalar", name, isNullable: false };
}

/** Make the type of a list. */
export function listOf(element: RuleType): RuleType {
  return { kind: "list", element };
}

/** Make the type of a map. */
export function mapOf(key: RuleType, value: RuleType): RuleType {
  return { kind: "map", key, value };
}

const NUMBERS: ReadonlySet<string> = new Set(["int", "uint", "double"]);

/** Check whether two values can be equal at all. Numbers are compared as numbers, whatever their types. */
export function canBeEqual(a: RuleType, b: RuleType): boolean {
  if (isOpen(a) || isOpen(b)) {
    return true;
  }
  if (isNull(a) || isNull(b)) {
    return mayBeNull(a) && mayBeNull(b);
  }
  if (a.kind === "scalar" && b.kind === "scalar") {
    return a.name === b.name || (NUMBERS.has(a.name) && NUMBERS.has(b.name));
  }
  if (a.kind === "list" && b.kind === "list") {
    return canBeEqual(a.element, b.element);
  }
  if (a.kind === "map" && b.kind === "map") {
    return canBeEqual(a.key, b.key) && canBeEqual(a.value, b.value);
  }
  if (a.kind === "record" && b.kind === "record") {
    return a.label === b.label;
  }
  return a.kind === "message" && b.kind === "message" && a.desc.typeName === b.desc.typeName;
}

/** Check whether only a call shows what a value is. */
export function isOpen({ kind }: RuleType): boolean {
  return kind === "any" || kind === "nothing";
}

function isNull(type: RuleType): boolean {
  return type.kind === "scalar" && type.name === "null_type";
}

/** A message that is not set may be asked for by comparing it with null, as in other implementations. */
function mayBeNull(type: RuleType): boolean {
  return isNull(type) || type.kind === "message" || (type.kind === "scalar" && type.isNullable);
}

/** Find the type of a value that is one of two. */
export function join(a: RuleType, b: RuleType): RuleType {
  if (a.kind === "nothing") {
    return b;
  }
  if (b.kind === "nothing" || a === b) {
    return a;
  }
  if (a.kind === "list" && b.kind === "list") {
    return listOf(join(a.element, b.element));
  }
  if (a.kind === "map" && b.kind === "map") {
    return mapOf(join(a.key, b.key), join(a.value, b.value));
  }
  if (a.kind === "scalar" && b.kind === "scalar" && a.name === b.name) {
    return { ...a, isNullable: a.isNullable || b.isNullable };
  }
  return a.kind === "message" && b.kind === "message" && a.desc.typeName === b.desc.typeName ? a : ANY;
}

/** Write a type for the operator, as the language names it. */
export function describeType(type: RuleType): string {
  switch (type.kind) {
    case "any":
    case "nothing":
      return "dyn";
    case "scalar":
      return type.name;
    case "list":
      return `list(${describeType(type.element)})`;
    case "map":
      return `map(${describeType(type.key)}, ${describeType(type.value)})`;
    case "message":
      return type.desc.typeName;
    case "record":
      return type.label;
    default:
      return type satisfies never;
  }
}
