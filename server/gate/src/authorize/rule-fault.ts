import type { parse } from "@bufbuild/cel";
import type { DescMessage } from "@bufbuild/protobuf";
import { RULE_PRINCIPAL_MEMBERS } from "./rule-principal.ts";

type Expression = ReturnType<typeof parse>["expr"];

/**
 * Find a name in a rule that stands for nothing. CEL would find it only when a call comes, and then deny every
 * one of them.
 *
 * @param expression the parsed rule
 * @param input the type of `request`
 * @returns what is wrong, as a sentence; undefined when every name is known
 */
export function findRuleFault(expression: Expression, input: DescMessage): string | undefined {
  return find(expression, { input, locals: new Set() });
}

interface Scope {
  readonly input: DescMessage;
  readonly locals: ReadonlySet<string>;
}

function find(expression: Expression | undefined, scope: Scope): string | undefined {
  const kind = expression?.exprKind;
  switch (kind?.case) {
    case "identExpr":
      return isKnownVariable(kind.value.name, scope)
        ? undefined
        : `has a rule that names an unknown variable ${kind.value.name}`;
    case "selectExpr":
      return findInSelect(kind.value.operand, kind.value.field, scope);
    case "callExpr":
      return findFirst([kind.value.target, ...kind.value.args], scope);
    case "listExpr":
      return findFirst(kind.value.elements, scope);
    case "structExpr":
      return findFirst(
        kind.value.entries.map((entry) => entry.value),
        scope,
      );
    case "comprehensionExpr": {
      const { iterVar, iterVar2, accuVar, iterRange, accuInit, loopCondition, loopStep, result } = kind.value;
      const inner = { ...scope, locals: new Set([...scope.locals, iterVar, iterVar2, accuVar]) };
      return findFirst([iterRange, accuInit], scope) ?? findFirst([loopCondition, loopStep, result], inner);
    }
    default:
      return undefined;
  }
}

function findFirst(expressions: readonly (Expression | undefined)[], scope: Scope): string | undefined {
  return expressions.map((expression) => find(expression, scope)).find((fault) => fault !== undefined);
}

function isKnownVariable(name: string, scope: Scope): boolean {
  return name === "principal" || name === "request" || scope.locals.has(name);
}

function findInSelect(operand: Expression | undefined, field: string, scope: Scope): string | undefined {
  const root = operand?.exprKind.case === "identExpr" ? operand.exprKind.value.name : undefined;
  if (root !== undefined && !scope.locals.has(root)) {
    if (root === "request" && !scope.input.fields.some((known) => known.name === field)) {
      return `has a rule that names a field ${field} that ${scope.input.typeName} does not have`;
    }
    if (root === "principal" && !RULE_PRINCIPAL_MEMBERS.has(field)) {
      return `has a rule that names principal.${field}, which does not exist`;
    }
  }
  return find(operand, scope);
}
