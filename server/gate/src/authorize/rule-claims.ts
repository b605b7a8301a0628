import { type CelInput, type CelMap, celList } from "@bufbuild/cel";
import type { Principal } from "../authenticate/principal.ts";
import { toNamedValues, UnreadableValue } from "./named-values.ts";
import { ANY, mapOf, type RuleType, SCALARS } from "./rule-type.ts";

/** How rules see the claims of a token. */
export interface RuleClaims {
  /** What is known of them before any call. */
  readonly type: RuleType;
  /** Make what a rule sees of the claims of a principal. */
  readonly read: (principal: Principal) => CelMap;
}

/** Claims that nothing describes: whatever a token has. One that says nothing is absent. */
export const DYNAMIC_CLAIMS: RuleClaims = {
  type: mapOf(SCALARS.string, ANY),
  read: ({ claims }) =>
    toNamedValues({
      names: () => Object.keys(claims),
      read(name) {
        const value = readMember(claims, name);
        return value === undefined ? undefined : toRuleValue(value, toRuleNumber);
      },
    }),
};

/** What JSON calls an object. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Check whether a value is what JSON calls an object. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * Find a member of an object that says something: it is its own, has a name, is not null, and not an empty text. All that
 * is absent is an error in a rule, so that nothing equals an empty field of a message.
 */
export function readMember(object: JsonObject, name: string): unknown {
  const value = name !== "" && Object.hasOwn(object, name) ? object[name] : undefined;
  return saysSomething(value) ? value : undefined;
}

/** Check whether a value of JSON is more than null or an empty text. */
export function saysSomething(value: unknown): boolean {
  return value !== undefined && value !== null && value !== "";
}

/** How a number of JSON is seen in rules. */
export type ToRuleNumber = (value: number) => bigint | number;

/**
 * Convert an object of JSON. Its keys may say something themselves, such as who is banned: one with an empty text is there,
 * and whether one with null is there cannot be asked.
 */
function toRuleObject(object: JsonObject, toNumber: ToRuleNumber): CelMap {
  const has = (name: string): boolean => name !== "" && Object.hasOwn(object, name) && !isNull(object[name]);
  return toNamedValues({
    names: () => Object.keys(object),
    has,
    read: (name) => (has(name) ? toRuleValue(object[name], toNumber) : undefined),
  });
}

/** @throws UnreadableValue when it is */
function isNull(value: unknown): false {
  if (value === null) {
    throw new UnreadableValue("null in an object of the claims is neither there nor absent");
  }
  return false;
}

/**
 * Check whether a number may have been another one before it was read: beyond 2^53, JSON keeps not every whole number, and
 * the largest are infinite.
 */
export function isInexact(value: unknown): boolean {
  return (
    typeof value === "number" &&
    (!Number.isFinite(value) || (value % 1 === 0 && !Number.isSafeInteger(value)))
  );
}

/**
 * Convert a value of JSON.
 *
 * @throws UnreadableValue when it is a number that is not exact: the identifiers of two accounts must not be equal
 */
export function toRuleValue(value: unknown, toNumber: ToRuleNumber): CelInput {
  if (typeof value === "boolean" || (typeof value === "string" && value !== "")) {
    return value;
  }
  if (typeof value === "number" && !isInexact(value)) {
    return toNumber(value);
  }
  if (Array.isArray(value)) {
    return toRuleList(value, toNumber);
  }
  if (isJsonObject(value)) {
    return toRuleObject(value, toNumber);
  }
  throw new UnreadableValue(
    typeof value === "number"
      ? "a number in the claims is too large to be exact"
      : "an empty value in an object of the claims",
  );
}

/**
 * Leave out the elements that say nothing, as scopes and roles do: an empty field of a message is in no list. A list with
 * an element that is not exact cannot be read: a rule may ask whether something is not in it.
 */
function toRuleList(list: readonly unknown[], toNumber: ToRuleNumber): CelInput {
  return celList(list.filter(saysSomething).map((element) => toRuleValue(element, toNumber)));
}

/** A whole number is an int and any other a double, so that `level + 1` is as good as `level == 3`. */
function toRuleNumber(value: number): bigint | number {
  return Number.isInteger(value) ? BigInt(value) : value;
}
