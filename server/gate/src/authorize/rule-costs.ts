import { type CelList, type CelValue, isCelList, isCelMap } from "@bufbuild/cel";
import {
  isReflectList,
  isReflectMap,
  isReflectMessage,
  type ReflectMessage,
} from "@bufbuild/protobuf/reflect";
import { copiedByAppend } from "./appended-list.ts";
import type { RuleBudget } from "./rule-budget.ts";

/** What a function, a method or an operator is called with. */
interface Operands {
  readonly target: CelValue | undefined;
  readonly args: readonly CelValue[];
}

/** What one round of a macro takes. */
export const ITERATION_COST = 400;

/** What following a part of a value takes. */
const PART_COST = 250;
/** What one element of a list takes that is only looked at. */
const ELEMENT_COST = 16;
/** What one element of a list takes that is copied: a message is wrapped anew. */
const COPIED_ELEMENT_COST = 64;
const COPIED_MESSAGE_COST = 500;
/** Making a program of a regular expression, and each character that it goes through. */
const PATTERN_COST = 20_000;
const MATCH_COST = 200;
/** Reading a number, for each digit: twice as many take more than twice as long. */
const DIGIT_COST = 64;
/** What goes through a text once and makes another. */
const COPY_COST = 4;

/** Looking up the time zone in which a part of a time is asked for. */
const TIME_ZONE_COST = 50_000;

const OF_TIME_ZONE: readonly string[] = [
  "getFullYear",
  "getMonth",
  "getDate",
  "getDayOfMonth",
  "getDayOfWeek",
  "getDayOfYear",
  "getHours",
  "getMinutes",
  "getSeconds",
  "getMilliseconds",
];

/** What a call takes, in about nanoseconds. It may charge parts itself while it counts them. */
type Cost = (values: Operands, budget: RuleBudget) => number;

const COSTS: Readonly<Record<string, Cost>> = {
  "_==_": costOfEquality,
  "_!=_": costOfEquality,
  "_<_": costOfOrder,
  "_<=_": costOfOrder,
  "_>_": costOfOrder,
  "_>=_": costOfOrder,
  "@in": costOfSearch,
  "_+_": costOfSum,
  size: ({ target, args: [value] }) => costOfSize(target ?? value),
  contains: ({ target, args: [part] }) => 2 * lengthOf(target) + lengthOf(part),
  startsWith: ({ args: [part] }) => lengthOf(part),
  endsWith: ({ args: [part] }) => lengthOf(part),
  matches: ({ target, args: [pattern] }) =>
    PATTERN_COST + MATCH_COST * (lengthOf(target) + lengthOf(pattern) * (1 + lengthOf(pattern) / 100)),
  ...Object.fromEntries(OF_TIME_ZONE.map((name) => [name, costOfTimeZone])),
  string: ({ args: [value] }) => 2 * lengthOf(value),
  int: ({ args: [value] }) => DIGIT_COST * lengthOf(value),
  uint: ({ args: [value] }) => DIGIT_COST * lengthOf(value),
};

/**
 * Charge a call of a rule before it is made.
 *
 * @param name that of the function, the method or the operator
 * @throws Error when nothing is left of the budget
 */
export function chargeCall(name: string, values: Operands, budget: RuleBudget): void {
  const cost = Object.hasOwn(COSTS, name) ? COSTS[name] : undefined;
  budget.charge((cost ?? costOfCopies)(values, budget));
}

function costOfCopies({ target, args }: Operands): number {
  let length = lengthOf(target);
  for (const arg of args) {
    length += lengthOf(arg);
  }
  return COPY_COST * length;
}

/** Texts and bytes of different lengths are not equal at the first look. */
function costOfEquality({ args: [left, right] }: Operands, budget: RuleBudget): number {
  if (hasParts(left)) {
    chargeParts(left, budget);
    return 0;
  }
  const length = lengthOf(left);
  return length === lengthOf(right) ? length : 0;
}

function costOfOrder({ args: [left, right] }: Operands): number {
  return Math.min(lengthOf(left), lengthOf(right));
}

function costOfSearch({ args: [sought, container] }: Operands, budget: RuleBudget): number {
  const elements = container !== undefined && isCelList(container) ? container.size : 0;
  if (hasParts(sought)) {
    for (let element = 0; element < elements; element += 1) {
      chargeParts(sought, budget);
    }
  }
  return elements * (ELEMENT_COST + lengthOf(sought) / 8);
}

/** The keys of a map are counted one by one. */
function costOfSize(value: CelValue | undefined): number {
  return value !== undefined && isCelMap(value) ? COPIED_ELEMENT_COST * value.size : lengthOf(value) / 2;
}

/** Numbers and times take nothing; a list takes what must be copied of it. */
function costOfSum({ args: [left, right] }: Operands): number {
  if (left === undefined || right === undefined || !isCelList(left) || !isCelList(right)) {
    return 2 * (lengthOf(left) + lengthOf(right));
  }
  return copiedByAppend(left, right).reduce((cost, list) => cost + costOfListCopy(list), 0);
}

/** Without a zone it is that of UTC. */
function costOfTimeZone({ args: [zone] }: Operands): number {
  return zone === undefined ? 0 : TIME_ZONE_COST;
}

function costOfListCopy(list: CelList): number {
  return list.size * (isReflectMessage(list.get(0)) ? COPIED_MESSAGE_COST : COPIED_ELEMENT_COST);
}

function lengthOf(value: CelValue | undefined): number {
  return typeof value === "string" || value instanceof Uint8Array ? value.length : 0;
}

function hasParts(value: CelValue | undefined): boolean {
  return isReflectMessage(value) || (value !== undefined && (isCelList(value) || isCelMap(value)));
}

/** Charge everything in a value: it is followed only as far as the budget goes. */
function chargeParts(value: unknown, budget: RuleBudget): void {
  budget.charge(PART_COST + (typeof value === "string" || value instanceof Uint8Array ? value.length : 0));
  if (isReflectMessage(value)) {
    chargeFields(value, budget);
  } else if (isReflectList(value) || isCelListOf(value)) {
    for (const element of value) {
      chargeParts(element, budget);
    }
  } else if (isReflectMap(value) || isCelMapOf(value)) {
    for (const [key, member] of value) {
      chargeParts(key, budget);
      chargeParts(member, budget);
    }
  }
}

function chargeFields(message: ReflectMessage, budget: RuleBudget): void {
  for (const field of message.fields) {
    if (message.isSet(field)) {
      chargeParts(message.get(field), budget);
    }
  }
}

function isCelListOf(value: unknown): value is Iterable<unknown> {
  return isCelList(value as CelValue);
}

function isCelMapOf(value: unknown): value is Iterable<readonly [unknown, unknown]> {
  return isCelMap(value as CelValue);
}
