import { type CelInput, type CelMap, celList } from "@bufbuild/cel";
import type { Principal } from "../authenticate/principal.ts";
import { toNamedValues } from "./named-values.ts";
import { ANY, mapOf, type RuleType, SCALARS } from "./rule-type.ts";

/** How rules see the claims of a token. */
export interface RuleClaims {
  /** What is known of them before any call. */
  readonly type: RuleType;
  /** Make what a rule sees of the claims of a principal. */
  readonly read: (principal: Principal) => CelMap;
}

/** Claims that nothing describes: whatever a token has. */
export const DYNAMIC_CLAIMS: RuleClaims = {
  type: mapOf(SCALARS.string, ANY),
  read: ({ claims }) => toRuleObject(claims),
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
function saysSomething(value: unknown): boolean {
  return value !== undefined && value !== null && value !== "";
}

function toRuleObject(object: JsonObject): CelMap {
  return toNamedValues({
    names: () => Object.keys(object),
    read: (name) => toRuleValue(readMember(object, name)),
  });
}

/** Check whether a number may have been another one before it was read: beyond 2^53, JSON keeps not every whole number. */
export function isInexact(value: unknown): boolean {
  return Number.isInteger(value) && !Number.isSafeInteger(value);
}

/**
 * Convert a value of JSON. A whole number is an int and any other a double, so that `level + 1` is as good as
 * `level == 3`. One that is not exact is absent: the identifiers of two accounts must not be equal.
 */
function toRuleValue(value: unknown): CelInput | undefined {
  if (typeof value === "string" || typeof value === "boolean") {
    return value;
  }
  if (typeof value === "number") {
    return isInexact(value) ? undefined : toRuleNumber(value);
  }
  if (Array.isArray(value)) {
    return toRuleList(value);
  }
  return isJsonObject(value) ? toRuleObject(value) : undefined;
}

/**
 * Leave out the elements that say nothing, as scopes and roles do: an empty field of a message is in no list. A list with
 * an element that is not exact is absent: a rule may ask whether something is not in it.
 */
function toRuleList(list: readonly unknown[]): CelInput | undefined {
  const elements = list.filter(saysSomething).map(toRuleValue);
  const known = elements.filter((element) => element !== undefined);
  return known.length === elements.length ? celList(known) : undefined;
}

function toRuleNumber(value: number): bigint | number {
  return Number.isInteger(value) ? BigInt(value) : value;
}
