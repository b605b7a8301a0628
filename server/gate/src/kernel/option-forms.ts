import { assertOptionNames } from "./option-names.ts";

/** What the value of an option must be. */
export interface OptionForm {
  /** The rule, behind the name of the option. */
  readonly says: string;
  /** Check whether a value is so. */
  accepts(value: unknown): boolean;
  /** Whether the option must be given. Default: it need not. */
  readonly isRequired?: boolean;
  /**
   * Whether it makes things stricter. It then must not be undefined: what a variable was to say that is not set would
   * vanish, and more would be let in. Default: it may, which is as if it were left out.
   */
  readonly isNarrowing?: boolean;
}

/** Make the form of an option that makes things stricter. */
export function narrowing(form: OptionForm): OptionForm {
  return { ...form, isNarrowing: true };
}

/** Make the form of an option that must be given. @param says the rule, in the place of that of the form */
export function required(form: OptionForm, says: string = form.says): OptionForm {
  return { ...form, says, isRequired: true };
}

/** Make the form of an object of the application, with the methods that it must have. */
export function withMethods(...names: readonly string[]): OptionForm {
  const hasMethod = (value: object, name: string): boolean => typeof Reflect.get(value, name) === "function";
  return {
    says: `must be an object with ${names.join(" and ")}`,
    accepts: (value) =>
      typeof value === "object" && value !== null && names.every((name) => hasMethod(value, name)),
  };
}

/** Check whether an option is one that makes things stricter, and was given without a value. */
export function isVanished(form: OptionForm, options: object, name: string): boolean {
  return (
    form.isNarrowing === true && Object.hasOwn(options, name) && Reflect.get(options, name) === undefined
  );
}

/** What is said of such an option. */
export const VANISHED = "is undefined: leave it out to do without, or give it a value";

export const TEXT: OptionForm = { says: "must be a non-empty text", accepts: isText };
export const TEXTS: OptionForm = {
  says: "must be a list of non-empty texts, with at least one",
  accepts: (value) => Array.isArray(value) && value.length > 0 && value.every(isText),
};
export const SWITCH: OptionForm = {
  says: "must be true or false",
  accepts: (value) => typeof value === "boolean",
};
export const NUMBER: OptionForm = {
  says: "must be a number",
  accepts: (value) => typeof value === "number" && !Number.isNaN(value),
};
export const FUNCTION: OptionForm = {
  says: "must be a function",
  accepts: (value) => typeof value === "function",
};
export const OBJECT: OptionForm = { says: "must be an object", accepts: isPlainObject };
export const SECONDS: OptionForm = {
  says: "must be a positive number of seconds",
  accepts: (value) => typeof value === "number" && Number.isFinite(value) && value > 0,
};

/**
 * Assert that options have names that are known, and values of the form that each must have: plain JavaScript and files
 * of settings do not know the types.
 *
 * @param what has the options, for errors
 * @param options what was given; an option that is undefined was not given, unless it makes things stricter
 * @param forms the form of every option: complete by type where the options have one
 * @throws TypeError that names the option, and what was meant
 */
export function assertOptions(
  what: string,
  options: unknown,
  forms: Readonly<Record<string, OptionForm>>,
): void {
  if (!isPlainObject(options)) {
    throw new TypeError(`${what} must be an object`);
  }
  assertOptionNames(what, options, forms);
  const given = new Map(Object.entries(options));
  for (const [name, form] of Object.entries(forms)) {
    if (isVanished(form, options, name)) {
      throw new TypeError(`${what}: ${name} ${VANISHED}`);
    }
    const value: unknown = given.get(name);
    if (value === undefined ? form.isRequired === true : !form.accepts(value)) {
      throw new TypeError(`${what}: ${name} ${form.says}`);
    }
  }
}

/** Check whether a value is text that is not empty. */
export function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}

function isPlainObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
