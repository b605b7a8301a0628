import { celEnv, parse, plan } from "@bufbuild/cel";
import type { DescMessage, Message } from "@bufbuild/protobuf";
import type { Principal } from "../authenticate/principal.ts";
import { findRuleFault } from "./rule-fault.ts";
import { toRulePrincipal } from "./rule-principal.ts";

/** A condition on one message of a call. */
export interface Rule {
  /** The expression, as it is written in the proto. */
  readonly expression: string;
  /**
   * Say whether a principal may send a message. Whatever the expression does but be true, it denies: other
   * values and errors too.
   */
  allows(principal: Principal | undefined, request: Message): boolean;
}

/**
 * Compile a condition in the Common Expression Language over `principal` and `request`.
 *
 * @param expression the text of the rule
 * @param input the type of the messages that it will judge
 * @throws TypeError when it cannot be parsed, or names a variable or a field that does not exist
 */
export function compileRule(expression: string, input: DescMessage): Rule {
  let parsed: ReturnType<typeof parse>;
  try {
    parsed = parse(expression);
  } catch (cause) {
    throw new TypeError("has a rule that cannot be parsed", { cause });
  }
  const fault = findRuleFault(parsed.expr, input);
  if (fault !== undefined) {
    throw new TypeError(fault);
  }
  const evaluate = plan(celEnv(), parsed);
  return {
    expression,
    // An error of CEL is an object and so truthy: only true itself allows.
    allows: (principal, request) => evaluate({ principal: toRulePrincipal(principal), request }) === true,
  };
}
