/** What an option may be; `any` is checked where it is used. */
export type OptionForm = "string" | "number" | "boolean" | "function" | "object" | "list" | "any";

/**
 * Check the names and the forms of options: plain JavaScript can misspell one, which would then be ignored, or hand over
 * something else.
 *
 * Pages check less: they would pay for it with every load, and types find the same.
 *
 * @param what takes the options, for errors
 * @param forms has all names, complete by type
 * @throws TypeError that names the option, and the one that was probably meant or the form that it must have
 */
export function assertOptions(
  what: string,
  options: object,
  forms: Readonly<Record<string, OptionForm>>,
): void {
  if (typeof options !== "object" || options === null) {
    throw new TypeError(`${what} needs its options: ${Object.keys(forms).join(", ")}`);
  }
  for (const [name, value] of Object.entries(options)) {
    const form = Object.hasOwn(forms, name) ? forms[name] : undefined;
    if (form === undefined) {
      throw new TypeError(`${what} has no option ${name}${hintAt(name, Object.keys(forms))}`);
    }
    if (value !== undefined && !hasForm(value, form)) {
      throw new TypeError(`the option ${name} of ${what} must be ${TEXTS[form]}`);
    }
  }
}

const TEXTS = {
  string: "a text",
  number: "a number",
  boolean: "true or false",
  function: "a function",
  object: "an object",
  list: "a list",
  any: "set",
} as const satisfies Record<OptionForm, string>;

function hasForm(value: unknown, form: OptionForm): boolean {
  if (form === "any" || form === "list") {
    return form === "any" || Array.isArray(value);
  }
  // Sources may be functions with members.
  const isFunctionObject = form === "object" && typeof value === "function";
  return (typeof value === form && value !== null && !Number.isNaN(value)) || isFunctionObject;
}

/** A name is taken for another one when they begin alike for so much of the longer one. */
const MIN_LIKENESS = 2 / 3;

function hintAt(name: string, known: readonly string[]): string {
  const meant = known.find((candidate) => likenessOf(name, candidate) >= MIN_LIKENESS);
  return meant === undefined ? `; it has ${known.join(", ")}` : `: did you mean ${meant}?`;
}

function likenessOf(name: string, candidate: string): number {
  const [a, b] = [name.toLowerCase(), candidate.toLowerCase()];
  let alike = 0;
  while (alike < a.length && a[alike] === b[alike]) {
    alike += 1;
  }
  return alike / Math.max(a.length, b.length);
}
