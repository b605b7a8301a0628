import type { DescField, DescMessage, Message } from "@bufbuild/protobuf";
import {
  isReflectList,
  isReflectMap,
  isReflectMessage,
  type ReflectMessage,
  reflect,
} from "@bufbuild/protobuf/reflect";
import { partsOf } from "./rule-iterations.ts";
import type { Expression } from "./rule-mistake.ts";

/** What one object takes in a message that the language makes a map or a list of. */
const PART_COST = 400;
/** What one byte takes of a message that the language reads out of an `Any`. */
const BYTE_COST = 100;

/** What the language converts whole, and anew whenever a rule names it. */
const CONVERTED: ReadonlySet<string> = new Set(
  ["Any", "Struct", "Value", "ListValue"].map((name) => `google.protobuf.${name}`),
);

/** Says what it takes to convert once what a rule names of a message, in about nanoseconds. */
export type ConversionCost = (request: Message) => number;

/**
 * Compile what it takes to convert the fields of a message that a rule names: of JSON in it, and of messages in an `Any`.
 * A macro may convert them for each of its items.
 *
 * @returns undefined when the rule names no such field, as most do
 */
export function compileConversionCost(
  expression: Expression | undefined,
  input: DescMessage,
): ConversionCost | undefined {
  const names = namesIn(expression);
  return canConvert(input, names) ? (request) => costOfMessage(reflect(input, request), names) : undefined;
}

/** The names of all the fields that a rule can come to. */
function namesIn(expression: Expression | undefined, names = new Set<string>()): ReadonlySet<string> {
  if (expression?.exprKind.case === "selectExpr") {
    names.add(expression.exprKind.value.field);
  }
  for (const part of partsOf(expression)) {
    namesIn(part, names);
  }
  return names;
}

function canConvert(desc: DescMessage, names: ReadonlySet<string>, seen = new Set<DescMessage>()): boolean {
  if (CONVERTED.has(desc.typeName)) {
    return true;
  }
  if (seen.has(desc)) {
    return false;
  }
  seen.add(desc);
  return desc.fields.some(
    (field) => names.has(field.name) && field.message !== undefined && canConvert(field.message, names, seen),
  );
}

function costOfMessage(message: ReflectMessage, names: ReadonlySet<string>): number {
  const { desc } = message;
  if (CONVERTED.has(desc.typeName)) {
    return costOfConversion(message.message);
  }
  const isNamed = (field: DescField): boolean => names.has(field.name) && field.message !== undefined;
  let cost = 0;
  for (const field of message.fields) {
    for (const value of isNamed(field) && message.isSet(field) ? valuesOf(message.get(field)) : []) {
      cost += isReflectMessage(value) ? costOfMessage(value, names) : 0;
    }
  }
  return cost;
}

function valuesOf(value: unknown): Iterable<unknown> {
  return isReflectList(value) || isReflectMap(value) ? value.values() : [value];
}

/** Count the objects in a message: those for JSON hold one another, and an `Any` has bytes. */
function costOfConversion(value: unknown): number {
  if (value instanceof Uint8Array) {
    return BYTE_COST * value.length;
  }
  if (typeof value !== "object" || value === null) {
    return 0;
  }
  return Object.values(value).reduce<number>((cost, member) => cost + costOfConversion(member), PART_COST);
}
