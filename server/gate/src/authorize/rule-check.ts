import type { CelEnv } from "@bufbuild/cel";
import { typeOfCall } from "./rule-call.ts";
import { typeOfElement, typeOfKnownField, typeOfMember } from "./rule-member.ts";
import { createRuleMistake, type Expression } from "./rule-mistake.ts";
import { typeOfName } from "./rule-name.ts";
import { ANY, describeType, join, listOf, mapOf, NOTHING, type RuleType, SCALARS } from "./rule-type.ts";

type Kind<Name> = Extract<Expression["exprKind"], { readonly case: Name }>["value"];

/** What the names in a rule stand for. */
export interface RuleScope {
  /** The types and functions that it knows. */
  readonly env: CelEnv;
  /** What each variable holds. */
  readonly variables: ReadonlyMap<string, RuleType>;
}

/**
 * Find the type of an expression, and in it every mistake that can be known before any call: a name that stands for
 * nothing, a function that does not take what it is given, text that is compared with a number. The language itself
 * would find the first two only when a call comes, and then deny every one of them; the last it never finds.
 *
 * @throws TypeError the first mistake, to be said after the name of a method
 */
export function checkExpression(expression: Expression | undefined, scope: RuleScope): RuleType {
  const kind = expression?.exprKind;
  switch (kind?.case) {
    case "constExpr":
      return typeOfConstant(kind.value);
    case "identExpr":
      return typeOfIdentifier(kind.value.name, scope);
    case "selectExpr":
      return checkSelect(kind.value, scope);
    case "callExpr":
      return checkCall(kind.value, expression, scope);
    case "listExpr":
      return listOf(
        kind.value.elements.map((element) => checkExpression(element, scope)).reduce(join, NOTHING),
      );
    case "structExpr":
      return checkStruct(kind.value, scope);
    case "comprehensionExpr":
      return checkComprehension(kind.value, scope);
    default:
      return ANY;
  }
}

const CONSTANTS: Readonly<Record<string, RuleType>> = {
  boolValue: SCALARS.bool,
  bytesValue: SCALARS.bytes,
  doubleValue: SCALARS.double,
  int64Value: SCALARS.int,
  nullValue: SCALARS.null_type,
  stringValue: SCALARS.string,
  uint64Value: SCALARS.uint,
};

function typeOfConstant({ constantKind }: Kind<"constExpr">): RuleType {
  return CONSTANTS[constantKind.case ?? ""] ?? ANY;
}

function typeOfIdentifier(name: string, { env, variables }: RuleScope): RuleType {
  const type = variables.get(name.replace(/^\./, "")) ?? typeOfName(name, env.registry);
  if (type === undefined) {
    throw createRuleMistake(`names an unknown variable ${name}`);
  }
  return type;
}

function checkSelect(select: Kind<"selectExpr">, scope: RuleScope): RuleType {
  const name = toQualifiedName(select);
  const [root = ""] = name?.split(".", 1) ?? [];
  const constant =
    name === undefined || scope.variables.has(root) ? undefined : typeOfName(name, scope.env.registry);
  if (constant !== undefined) {
    return constant;
  }
  const member = typeOfMember(checkExpression(select.operand, scope), select.field);
  return select.testOnly ? SCALARS.bool : member;
}

/** Write a chain of names as one, such as that of a value of an enum; undefined: it is none. */
function toQualifiedName({ operand, field, testOnly }: Kind<"selectExpr">): string | undefined {
  const kind = operand?.exprKind;
  if (testOnly) {
    return undefined;
  }
  if (kind?.case === "identExpr") {
    return `${kind.value.name}.${field}`;
  }
  const parent = kind?.case === "selectExpr" ? toQualifiedName(kind.value) : undefined;
  return parent === undefined ? undefined : `${parent}.${field}`;
}

function checkCall(call: Kind<"callExpr">, whole: Expression | undefined, scope: RuleScope): RuleType {
  const target = call.target === undefined ? undefined : checkExpression(call.target, scope);
  const args = call.args.map((arg) => checkExpression(arg, scope));
  if (call.function === "_[_]") {
    return typeOfElement(call.args, args, whole);
  }
  const result = typeOfCall({ name: call.function, target, args }, scope.env);
  if (result.kind === "fault") {
    throw createRuleMistake(result.fault, whole);
  }
  return result.type;
}

function checkStruct({ messageName, entries }: Kind<"structExpr">, scope: RuleScope): RuleType {
  const desc = messageName === "" ? undefined : scope.env.registry.getMessage(messageName.replace(/^\./, ""));
  if (messageName !== "" && desc === undefined) {
    throw createRuleMistake(`makes a message of an unknown type ${messageName}`);
  }
  let key = NOTHING;
  let value = NOTHING;
  for (const entry of entries) {
    if (entry.keyKind.case === "mapKey") {
      key = join(key, checkExpression(entry.keyKind.value, scope));
    } else if (desc !== undefined) {
      typeOfKnownField(desc, entry.keyKind.value ?? "");
    }
    value = join(value, checkExpression(entry.value, scope));
  }
  return desc === undefined ? mapOf(key, value) : { kind: "message", desc };
}

/** A macro such as `all` or `map`: the language writes them as a loop with an accumulator. */
function checkComprehension(loop: Kind<"comprehensionExpr">, scope: RuleScope): RuleType {
  const range = checkExpression(loop.iterRange, scope);
  const initial = checkExpression(loop.accuInit, scope);
  const within = (accumulated: RuleType, element?: RuleType): RuleScope => ({
    ...scope,
    variables: new Map([
      ...scope.variables,
      ...(element === undefined ? [] : ([[loop.iterVar, element]] as const)),
      [loop.accuVar, accumulated],
    ]),
  });
  const inner = within(initial, typeOfIterated(range));
  checkExpression(loop.loopCondition, inner);
  const stepped = checkExpression(loop.loopStep, inner);
  return checkExpression(loop.result, within(join(initial, stepped)));
}

function typeOfIterated(range: RuleType): RuleType {
  switch (range.kind) {
    case "list":
      return range.element.kind === "nothing" ? ANY : range.element;
    case "map":
      return range.key.kind === "nothing" ? ANY : range.key;
    case "record":
      return SCALARS.string;
    case "any":
    case "nothing":
      return ANY;
    default:
      throw createRuleMistake(`goes through the elements of ${describeType(range)}, which has none`);
  }
}
