import type { DescMessage } from "@bufbuild/protobuf";
import { typeOfField } from "./field-type.ts";
import { createRuleMistake, type Expression } from "./rule-mistake.ts";
import { ANY, describeType, isOpen, type RuleType, SCALARS } from "./rule-type.ts";

/**
 * Find the type of a member of a value.
 *
 * @throws TypeError when it has no such member
 */
export function typeOfMember(type: RuleType, name: string): RuleType {
  if (isOpen(type)) {
    return ANY;
  }
  if (type.kind === "record") {
    const member = type.memberOf(name);
    if (member === undefined) {
      const why = type.typeName === undefined ? "does not exist" : `${type.typeName} does not have`;
      throw createRuleMistake(`names ${type.label}.${name}, which ${why}`);
    }
    return member;
  }
  if (type.kind === "message") {
    return typeOfKnownField(type.desc, name);
  }
  if (type.kind === "map" && takesKey(type.key, SCALARS.string)) {
    return type.value;
  }
  throw createRuleMistake(`names a field ${name} of ${describeType(type)}, which has none`);
}

/**
 * Find the type of a field of a message.
 *
 * @throws TypeError when it has no such field
 */
export function typeOfKnownField(desc: DescMessage, name: string): RuleType {
  const field = desc.fields.find((known) => known.name === name);
  if (field === undefined) {
    throw createRuleMistake(`names a field ${name} that ${desc.typeName} does not have`);
  }
  return typeOfField(field);
}

function takesKey(key: RuleType, given: RuleType): boolean {
  return (
    isOpen(key) ||
    isOpen(given) ||
    describeType(key) === describeType(given) ||
    (isWhole(key) && isWhole(given))
  );
}

/** A number that is no key by its type may be one by its value. */
function isWhole(type: RuleType): boolean {
  return type.kind === "scalar" && ["int", "uint", "double"].includes(type.name);
}

/**
 * Find the type of what stands in brackets behind a value: an element, or a member by its name.
 *
 * @param whole both, for the error
 * @throws TypeError when there can be no such element
 */
export function typeOfElement(
  [, index]: readonly Expression[],
  [container = ANY, key = ANY]: readonly RuleType[],
  whole: Expression | undefined,
): RuleType {
  const constant = index?.exprKind.case === "constExpr" ? index.exprKind.value.constantKind : undefined;
  if (container.kind === "record" || container.kind === "message") {
    return constant?.case === "stringValue" ? typeOfMember(container, constant.value) : ANY;
  }
  if (container.kind === "list" && (isOpen(key) || isWhole(key))) {
    return container.element;
  }
  if (container.kind === "map" && takesKey(container.key, key)) {
    return container.value;
  }
  if (isOpen(container)) {
    return ANY;
  }
  throw createRuleMistake(`looks for ${describeType(key)} in ${describeType(container)}`, whole);
}
