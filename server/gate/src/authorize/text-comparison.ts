import { type CelEnv, type CelMap, isCelMap } from "@bufbuild/cel";
import { type DescField, type DescMessage, type Message, ScalarType } from "@bufbuild/protobuf";
import type { Expression } from "./rule-mistake.ts";

/**
 * Says what a rule comes to that compares texts with `==` and `!=`, without the evaluator of the language, which takes
 * several times as long as all the rest of a call's authorization.
 *
 * @param principal as rules see it
 * @returns whether it is true; undefined: not all that it compares is text, and only the evaluator can say
 */
export type TextComparison = (principal: CelMap, request: Message) => boolean | undefined;

/** Finds a text of a call; undefined: there is none, or it is no text. */
type ReadText = (principal: CelMap, request: Message) => string | undefined;

/** What may be compared. */
interface ComparisonScope {
  readonly input: DescMessage;
  /** The types that the rule knows. */
  readonly env: CelEnv;
}

/**
 * Compile a rule that does nothing but compare texts: claims and other members of `principal`, fields of `request`, and
 * constants, joined by `&&` and `||`.
 *
 * Two texts are equal to the language when they are to JavaScript. All else is left to the evaluator: what is absent, what
 * is no text, and every other expression.
 *
 * @returns undefined when the rule is any other
 */
export function compileTextComparison(
  expression: Expression | undefined,
  scope: ComparisonScope,
): TextComparison | undefined {
  const call = expression?.exprKind.case === "callExpr" ? expression.exprKind.value : undefined;
  const operator = OPERATORS.get(call?.function ?? "");
  return call === undefined || call.target !== undefined || call.args.length !== 2
    ? undefined
    : operator?.(call.args, scope);
}

type CompileOperator = (args: readonly Expression[], scope: ComparisonScope) => TextComparison | undefined;

const OPERATORS: ReadonlyMap<string, CompileOperator> = new Map<string, CompileOperator>([
  ["_==_", (args, scope) => compileEquality(args, scope, true)],
  ["_!=_", (args, scope) => compileEquality(args, scope, false)],
  // False in one of them makes the whole false, whatever the other is.
  ["_&&_", (args, scope) => compileJunction(args, scope, false)],
  ["_||_", (args, scope) => compileJunction(args, scope, true)],
]);

function compileEquality(
  args: readonly Expression[],
  scope: ComparisonScope,
  isTrueFor: boolean,
): TextComparison | undefined {
  const [left, right] = args.map((side) => compileText(side, scope));
  if (left === undefined || right === undefined) {
    return undefined;
  }
  return (principal, request) => {
    const one = left(principal, request);
    const other = right(principal, request);
    return one === undefined || other === undefined ? undefined : (one === other) === isTrueFor;
  };
}

function compileJunction(
  args: readonly Expression[],
  scope: ComparisonScope,
  decisive: boolean,
): TextComparison | undefined {
  const [left, right] = args.map((side) => compileTextComparison(side, scope));
  if (left === undefined || right === undefined) {
    return undefined;
  }
  return (principal, request) => {
    const one = left(principal, request);
    return one === undefined || one === decisive ? one : right(principal, request);
  };
}

function compileText(expression: Expression, { input, env }: ComparisonScope): ReadText | undefined {
  const constant = toTextConstant(expression);
  if (constant !== undefined) {
    return () => constant;
  }
  const [root, ...names] = toPath(expression);
  if (root === undefined || isPackage(root, env)) {
    return undefined;
  }
  return root === "principal"
    ? readOfPrincipal(names)
    : root === "request"
      ? readOfRequest(names, input)
      : undefined;
}

function toTextConstant({ exprKind }: Expression): string | undefined {
  const constant = exprKind.case === "constExpr" ? exprKind.value.constantKind : undefined;
  return constant?.case === "stringValue" ? constant.value : undefined;
}

/** Write `a.b["c"]` as its names; none when it is anything else. */
function toPath({ exprKind }: Expression): readonly string[] {
  if (exprKind.case === "identExpr") {
    return [exprKind.value.name];
  }
  if (exprKind.case === "selectExpr" && exprKind.value.operand !== undefined && !exprKind.value.testOnly) {
    return extendPath(exprKind.value.operand, exprKind.value.field);
  }
  if (exprKind.case === "callExpr" && exprKind.value.function === "_[_]") {
    const [operand, index] = exprKind.value.args;
    return operand === undefined || index === undefined ? [] : extendPath(operand, toTextConstant(index));
  }
  return [];
}

function extendPath(operand: Expression, name: string | undefined): readonly string[] {
  const path = toPath(operand);
  return path.length === 0 || name === undefined ? [] : [...path, name];
}

/** The names of types come before the members of a variable. */
function isPackage(root: string, { registry }: CelEnv): boolean {
  return [...registry].some(({ typeName }) => typeName.startsWith(`${root}.`));
}

function readOfPrincipal(names: readonly string[]): ReadText {
  // A principal makes many calls, and what it is made of lies in ten places of memory: what was found is one.
  const known = new WeakMap<CelMap, string>();
  return (principal) => {
    const found = known.get(principal);
    if (found !== undefined) {
      return found;
    }
    let value: unknown = principal;
    for (const name of names) {
      if (!isCelMap(value)) {
        return undefined;
      }
      value = readNamed(value, name);
    }
    if (typeof value !== "string") {
      return undefined;
    }
    known.set(principal, value);
    return value;
  };
}

/** @returns undefined also for what cannot be read: the evaluator says what comes of that */
function readNamed(map: CelMap, name: string): unknown {
  try {
    return map.get(name);
  } catch {
    return undefined;
  }
}

/** Only through messages that stand for themselves: the language takes some of `google.protobuf` for plain values. */
function readOfRequest(names: readonly string[], input: DescMessage): ReadText | undefined {
  const keys: string[] = [];
  let desc: DescMessage | undefined = input;
  let isText = false;
  for (const name of names) {
    const field: DescField | undefined = desc?.typeName.startsWith("google.protobuf.")
      ? undefined
      : desc?.fields.find((known) => known.name === name);
    if (field === undefined || field.oneof !== undefined) {
      return undefined;
    }
    keys.push(field.localName);
    desc = field.fieldKind === "message" ? field.message : undefined;
    isText = field.fieldKind === "scalar" && field.scalar === ScalarType.STRING;
  }
  return isText ? (_principal, request) => readMember(request, keys) : undefined;
}

function readMember(request: Message, keys: readonly string[]): string | undefined {
  let value: unknown = request;
  for (const key of keys) {
    // Fields of messages are own members, or of a prototype that holds their defaults.
    value = (value as Readonly<Record<string, unknown>> | undefined)?.[key];
  }
  return typeof value === "string" ? value : undefined;
}
