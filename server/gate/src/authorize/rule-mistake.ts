import { type parse, unparse } from "@bufbuild/cel";

/** A rule, or a part of one, as it is parsed. */
export type Expression = NonNullable<ReturnType<typeof parse>["expr"]>;

/**
 * Make the error of a rule that cannot be meant as it is written.
 *
 * @param what what it does, to be said after `has a rule that`
 * @param where the part of the rule that does it
 */
export function createRuleMistake(what: string, where?: Expression): TypeError {
  const text = where === undefined ? undefined : toText(where);
  return new TypeError(`has a rule that ${what}${text === undefined ? "" : `: ${text}`}`);
}

/** Parts of a macro cannot be written as they were. */
function toText(expression: Expression): string | undefined {
  try {
    return unparse(expression);
  } catch {
    return undefined;
  }
}
