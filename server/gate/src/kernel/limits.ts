import { assertOptionNames } from "./option-names.ts";

/**
 * Fill in the limits that are not given, or are `undefined`.
 *
 * @param option the name of the option that has them, for errors
 * @throws TypeError when a limit is not a positive whole number, or there is none of that name
 */
export function resolveLimits<Limits extends object>(
  option: string,
  defaults: Limits,
  given: Partial<Limits>,
): Limits {
  assertOptionNames(option, given, defaults);
  const set = Object.entries(given).filter(([, value]) => value !== undefined);
  for (const [name, value] of set) {
    assertPositive(`${option}.${name}`, value);
  }
  return { ...defaults, ...Object.fromEntries(set) };
}

/**
 * Assert that a limit is a positive whole number.
 *
 * @throws TypeError that names it
 */
export function assertPositive(name: string, value: unknown): void {
  if (!(Number.isSafeInteger(value) && Number(value) > 0)) {
    throw new TypeError(`${name} must be a positive whole number`);
  }
}
