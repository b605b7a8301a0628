import type { Expression } from "./rule-mistake.ts";

/** The function that stands around what a macro goes through. Its name cannot be written in a rule. */
export const ITERATED = "@iterated";

/** Put {@link ITERATED} around all that the macros of a rule go through. @param expression is changed */
export function countIterations(expression: Expression | undefined): void {
  for (const part of partsOf(expression)) {
    countIterations(part);
  }
  const kind = expression?.exprKind;
  if (kind?.case === "comprehensionExpr" && kind.value.iterRange !== undefined) {
    kind.value.iterRange = aroundRange(kind.value.iterRange);
  }
}

/** List the expressions that an expression is made of. */
export function partsOf(expression: Expression | undefined): readonly (Expression | undefined)[] {
  const kind = expression?.exprKind;
  switch (kind?.case) {
    case "selectExpr":
      return [kind.value.operand];
    case "callExpr":
      return [kind.value.target, ...kind.value.args];
    case "listExpr":
      return kind.value.elements;
    case "structExpr":
      return kind.value.entries.flatMap(({ keyKind, value }) =>
        keyKind.case === "mapKey" ? [keyKind.value, value] : [value],
      );
    case "comprehensionExpr": {
      const { iterRange, accuInit, loopCondition, loopStep, result } = kind.value;
      return [iterRange, accuInit, loopCondition, loopStep, result];
    }
    default:
      return [];
  }
}

function aroundRange(range: Expression): Expression {
  return {
    ...range,
    exprKind: {
      case: "callExpr",
      value: { $typeName: "cel.expr.Expr.Call", function: ITERATED, args: [range] },
    },
  };
}
