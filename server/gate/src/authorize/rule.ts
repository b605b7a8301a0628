import {
  type CelEnv,
  type CelMap,
  type CelResult,
  celEnv,
  celError,
  isCelError,
  parse,
  plan,
} from "@bufbuild/cel";
import { createRegistry, type DescFile, type DescMessage, type Message } from "@bufbuild/protobuf";
import type { Principal } from "../authenticate/principal.ts";
import { toFactText } from "../errors/facts.ts";
import type { CertificateHolder } from "../kernel/client-certificate.ts";
import { typeOfMessage } from "./field-type.ts";
import { withImports } from "./file-imports.ts";
import { createRuleBudget, type RuleBudget } from "./rule-budget.ts";
import { checkExpression } from "./rule-check.ts";
import { DYNAMIC_CLAIMS } from "./rule-claims.ts";
import { compileConversionCost } from "./rule-conversions.ts";
import { withBudget } from "./rule-functions.ts";
import { countIterations } from "./rule-iterations.ts";
import { createRulePrincipals, type RulePrincipals } from "./rule-principal.ts";
import { isOpen, type RuleType } from "./rule-type.ts";
import { compileTextComparison, type TextComparison } from "./text-comparison.ts";

/** A condition on one message of a call. */
export interface Rule {
  /** The expression, as it is written in the proto. */
  readonly expression: string;
  /**
   * Check whether a principal may send a message. Whatever the expression does but be true, it denies: other
   * values and errors too, also when it takes more steps than one may take for a message.
   *
   * @param holder has the certificate of the client. It is asked only when the rule names it
   * @throws AuthError `TOKEN_INVALID` when a proxy has sent what is no certificate
   */
  allows(principal: Principal | undefined, request: Message, holder?: CertificateHolder): boolean;
  /** Say why a message is denied, for the operator of the server: `false`, or the error of the expression. */
  describe(principal: Principal | undefined, request: Message, holder?: CertificateHolder): string;
}

/** What a rule may name beside the message that it judges. */
export interface RuleContext {
  /** What `principal` is. */
  readonly principals: RulePrincipals;
  /** Where the rule is written: it knows the types that this file imports. Default: the file of the message. */
  readonly file?: DescFile;
}

/**
 * Found in a rule that may read the certificate: whatever stands behind `principal` and is not the name of another member.
 * Most rules read none, and look for none on each call.
 */
const MAY_READ_CERTIFICATE = /\bprincipal\b(?!\s*\.\s*(?!certificate\b)\w)/;

/** Principals whose claims nothing describes. */
const DYNAMIC: RuleContext = { principals: createRulePrincipals(DYNAMIC_CLAIMS) };

/**
 * Compile a condition in the Common Expression Language over `principal` and `request`.
 *
 * Its types are checked: CEL finds out only when a call comes that a function does not exist, and never that text and a
 * number are not equal.
 *
 * @param expression the text of the rule
 * @param input the type of the messages that it will judge
 * @param context what it may name beside that. Default: a principal whose claims nothing describes
 * @throws TypeError when it cannot be parsed, names what does not exist, compares or applies what does not fit, or has
 *   another value than true or false
 */
export function compileRule(expression: string, input: DescMessage, context: RuleContext = DYNAMIC): Rule {
  const { principals } = context;
  const { compare, evaluate } = planRule(expression, input, context);
  const readsCertificate = MAY_READ_CERTIFICATE.test(expression);
  return {
    expression,
    allows(caller, request, holder) {
      const principal = principals.of(caller, readsCertificate ? holder : undefined);
      // An error of CEL is an object and so truthy: only true itself allows.
      return compare?.(principal, request) ?? evaluate({ principal, request }) === true;
    },
    describe(caller, request, holder) {
      const principal = principals.of(caller, readsCertificate ? holder : undefined);
      const result = evaluate({ principal, request });
      return isCelError(result) ? `error: ${result.message}` : toFactText(result);
    },
  };
}

/** A rule, ready to be asked. */
interface PlannedRule {
  /** Undefined: the rule does more than to compare texts. */
  readonly compare: TextComparison | undefined;
  readonly evaluate: (call: { readonly principal: CelMap; readonly request: Message }) => CelResult;
}

function planRule(
  expression: string,
  input: DescMessage,
  { principals, file = input.file }: RuleContext,
): PlannedRule {
  const { env, budget, bounded } = envOf(file);
  const parsed = attempt("cannot be parsed", () => parse(expression));
  const variables = new Map<string, RuleType>([
    ["principal", principals.type],
    ["request", typeOfMessage(input)],
  ]);
  const type = checkExpression(parsed.expr, { env, variables });
  if (!isOpen(type) && !(type.kind === "scalar" && type.name === "bool")) {
    throw new TypeError("has a rule that is neither true nor false");
  }
  countIterations(parsed.expr);
  const evaluate = attempt("cannot be evaluated", () => plan(bounded, parsed));
  const conversionCost = compileConversionCost(parsed.expr, input);
  return {
    compare: compileTextComparison(parsed.expr, { input, env }),
    evaluate(call) {
      try {
        budget.refill(conversionCost?.(call.request) ?? 0);
      } catch (error) {
        return celError(error);
      }
      return evaluate(call);
    },
  };
}

function attempt<T>(failure: string, run: () => T): T {
  try {
    return run();
  } catch (cause) {
    throw new TypeError(`has a rule that ${failure}`, { cause });
  }
}

/** What rules are evaluated with. */
interface RuleEnv {
  readonly env: CelEnv;
  /** The same, with functions that draw on the budget. */
  readonly bounded: CelEnv;
  readonly budget: RuleBudget;
}

/** The rules of a file share what it imports. */
const envs = new WeakMap<DescFile, RuleEnv>();

function envOf(file: DescFile): RuleEnv {
  const known = envs.get(file) ?? createRuleEnv(file);
  envs.set(file, known);
  return known;
}

function createRuleEnv(file: DescFile): RuleEnv {
  const env = celEnv({ registry: createRegistry(...withImports(file)) });
  const budget = createRuleBudget();
  return { env, budget, bounded: withBudget(env, budget) };
}
