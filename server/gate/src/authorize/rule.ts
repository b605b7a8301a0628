import { type CelResult, celEnv, isCelError, parse, plan } from "@bufbuild/cel";
import { create, createRegistry, type DescFile, type DescMessage, type Message } from "@bufbuild/protobuf";
import type { Principal } from "../authenticate/principal.ts";
import { findRuleFault } from "./rule-fault.ts";
import { toRulePrincipal } from "./rule-principal.ts";

/** A condition on one message of a call. */
export interface Rule {
  /** The expression, as it is written in the proto. */
  readonly expression: string;
  /**
   * Check whether a principal may send a message. Whatever the expression does but be true, it denies: other
   * values and errors too.
   */
  allows(principal: Principal | undefined, request: Message): boolean;
}

/** Errors of CEL that no message can cure. Others, such as an index beyond a list, depend on what is sent. */
const INCURABLE = /^(unbound function|found no matching overload|field not found|type mismatch)/;

/**
 * Compile a condition in the Common Expression Language over `principal` and `request`.
 *
 * It is evaluated once, on an empty message and without a principal: CEL finds out only then that a function does not
 * exist or that text is compared with a number.
 *
 * @param expression the text of the rule
 * @param input the type of the messages that it will judge
 * @throws TypeError when it cannot be parsed, names what does not exist, or has another value than true or false
 */
export function compileRule(expression: string, input: DescMessage): Rule {
  const parsed = parseRule(expression);
  const fault = findRuleFault(parsed.expr, input);
  if (fault !== undefined) {
    throw new TypeError(fault);
  }
  const evaluate = plan(celEnv({ registry: createRegistry(...withImports(input.file)) }), parsed);
  const run = (principal: Principal | undefined, request: Message): CelResult =>
    evaluate({ principal: toRulePrincipal(principal), request });
  const trial = run(undefined, create(input));
  if (isCelError(trial) ? INCURABLE.test(trial.message) : typeof trial !== "boolean") {
    throw new TypeError(
      `has a rule that is neither true nor false${isCelError(trial) ? `: ${trial.message}` : ""}`,
    );
  }
  // An error of CEL is an object and so truthy: only true itself allows.
  return { expression, allows: (principal, request) => run(principal, request) === true };
}

function parseRule(expression: string): ReturnType<typeof parse> {
  try {
    return parse(expression);
  } catch (cause) {
    throw new TypeError("has a rule that cannot be parsed", { cause });
  }
}

/** Messages in messages must be known too, wherever they are defined. */
function withImports(file: DescFile): readonly DescFile[] {
  return [file, ...file.dependencies.flatMap(withImports)];
}
