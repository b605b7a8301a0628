/** The claims of a token that is not verified. */
export type TokenClaims = Readonly<Record<string, unknown>>;

/** Check whether a value is text that is not empty. */
export function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}

/** Get a claim that is text and not empty; undefined when there is none. */
export function textOf(claims: TokenClaims, name: string): string | undefined {
  const value = memberOf(claims, name);
  return isText(value) ? value : undefined;
}

/** Get a member of an object, which no prototype lends it. */
export function memberOf(value: unknown, name: string): unknown {
  return isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
}

/** Check whether a value is an object, and no list. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
