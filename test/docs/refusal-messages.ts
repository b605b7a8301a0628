import { posix } from "node:path";
import { parseSync } from "vite";
import { readSources, type SourceFile } from "../architecture/source-tree.ts";

/** A sentence with which the servers refuse a call; `…` stands for a part that is known at run time alone. */
export interface RefusalMessage {
  readonly reason: string;
  readonly message: string;
}

/** What makes the error of a refusal, with its reason and its message first. */
const FACTORIES = ["AuthError", "createRefusal", "createSharedError"];

/** What takes the message of its refusals as an option. */
const LIMITS = ["createRateLimit", "createConcurrencyLimit", "createSubjectLimit"];

/** What stands for a part of a message that the code alone does not say. */
const UNKNOWN = "…";

/** How far a message is followed through functions that are called with it. */
const MAX_DEPTH = 5;

interface Node {
  readonly type: string;
  readonly [member: string]: unknown;
}

/** An expression, with the functions around it, the innermost last. */
interface Place {
  readonly node: Node;
  readonly functions: readonly Node[];
  readonly file: string;
}

interface Call extends Place {
  readonly callee: string;
  readonly args: readonly Node[];
}

/** What the modules of the servers call and name. */
interface Code {
  readonly calls: Call[];
  /** Constants, by `file#name`. */
  readonly constants: Map<string, Place>;
  /** Where a name of a file is declared elsewhere, by `file#name`: as `file#name`. */
  readonly imports: Map<string, string>;
  /** Values of members that are called `message`. */
  readonly messages: Place[];
}

/** Read every message of a refusal from the sources of the servers, once each. */
export function readRefusalMessages(): readonly RefusalMessage[] {
  const sources = readSources(["server/{gate,issuer,node,cli}/src/**/*.ts"]).filter(
    // What providers send is refused towards the provider: no caller and no audit of a call sees it.
    ({ path }) => !/\/(?:testing|errors|logouts|security-events)\/|shared-logouts/.test(path),
  );
  const code = readCode(sources);
  const found = new Map<string, RefusalMessage>();
  const add = (reason: string, message: string): void =>
    void found.set(message + reason, { reason, message });
  for (const call of code.calls.filter(({ callee }) => FACTORIES.includes(callee))) {
    for (const reason of textsOf(code, at(call, 0))) {
      textsOf(code, at(call, 1)).forEach((message) => {
        add(reason, message);
      });
    }
  }
  const limited = new Set(code.calls.filter(({ callee }) => LIMITS.includes(callee)).map(({ file }) => file));
  for (const place of code.messages.filter(({ file }) => limited.has(file))) {
    textsOf(code, place).forEach((message) => {
      add("RATE_LIMITED", message);
    });
  }
  return [...found.values()].filter(({ message }) => message.replaceAll(UNKNOWN, "") !== "");
}

function readCode(sources: readonly SourceFile[]): Code {
  const code: Code = { calls: [], constants: new Map(), imports: new Map(), messages: [] };
  for (const { path, text } of sources) {
    visit(code, { node: toNode(parseSync(path, text).program), functions: [], file: path });
  }
  return code;
}

function visit(code: Code, place: Place): void {
  const { node, file } = place;
  note(code, place);
  const functions = /^(?:Arrow)?Function/.test(node.type) ? [...place.functions, node] : place.functions;
  for (const child of Object.values(node).flat().filter(isNode)) {
    visit(code, { node: child, functions, file });
  }
}

function note(code: Code, place: Place): void {
  const { node, file } = place;
  switch (node.type) {
    case "CallExpression":
    case "NewExpression":
      code.calls.push({ ...place, callee: nameOf(node.callee), args: nodesOf(node.arguments) });
      return;
    case "VariableDeclarator":
      code.constants.set(`${file}#${nameOf(node.id)}`, { ...place, node: toNode(node.init) });
      return;
    case "Property":
      if (nameOf(node.key) === "message") {
        code.messages.push({ ...place, node: toNode(node.value) });
      }
      return;
    case "ImportDeclaration":
      for (const name of nodesOf(node.specifiers).map(({ local }) => nameOf(local))) {
        code.imports.set(
          `${file}#${name}`,
          `${posix.join(file, "..", String(toNode(node.source).value))}#${name}`,
        );
      }
  }
}

/** Say what an expression may be, as texts. */
function textsOf(code: Code, place: Place, depth = 0): readonly string[] {
  const { node } = place;
  const inside = (child: unknown): readonly string[] =>
    textsOf(code, { ...place, node: toNode(child) }, depth + 1);
  if (depth > MAX_DEPTH) {
    return [UNKNOWN];
  }
  switch (node.type) {
    case "Literal":
      return [String(node.value)];
    case "ConditionalExpression":
      return [...inside(node.consequent), ...inside(node.alternate)];
    case "TemplateLiteral":
      return fill(node, inside);
    case "Identifier":
      return placesOf(code, place)?.flatMap((found) => textsOf(code, found, depth + 1)) ?? [UNKNOWN];
    default:
      return [UNKNOWN];
  }
}

/** Write every text that a template may be. */
function fill(template: Node, textsIn: (expression: unknown) => readonly string[]): readonly string[] {
  const expressions = nodesOf(template.expressions);
  const quasis = nodesOf(template.quasis);
  return quasis.reduce<readonly string[]>(
    (texts, { value }, index) => {
      const rest = index < expressions.length ? textsIn(expressions[index]) : [""];
      return texts.flatMap((text) => rest.map((part) => text + String(toNode(value).cooked) + part));
    },
    [""],
  );
}

/** Find what a name stands for: what its function is called with, or a constant. */
function placesOf(code: Code, { node, functions, file }: Place): readonly Place[] | undefined {
  const name = nameOf(node);
  for (const around of functions.toReversed()) {
    const index = nodesOf(around.params).findIndex((param) => nameOf(param) === name);
    if (index !== -1) {
      const called = `${file}#${nameOf(around.id)}`;
      const calls = code.calls.filter((call) => isSame(code, call, called) && call.args.length > index);
      return calls.length === 0 ? undefined : calls.map((call) => at(call, index));
    }
  }
  const key = `${file}#${name}`;
  const found = code.constants.get(key) ?? code.constants.get(code.imports.get(key) ?? "");
  return found && [found];
}

function isSame({ imports }: Code, { file, callee }: Call, declared: string): boolean {
  const key = `${file}#${callee}`;
  return key === declared || imports.get(key) === declared;
}

function at({ args, functions, file }: Call, index: number): Place {
  return { node: toNode(args[index]), functions, file };
}

function nameOf(value: unknown): string {
  const { name, property } = toNode(value);
  return typeof name === "string" ? name : property === undefined ? "" : nameOf(property);
}

function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && "type" in value;
}

function nodesOf(value: unknown): readonly Node[] {
  return Array.isArray(value) ? value.filter(isNode) : [];
}

/** A value of the tree as a node; what is none has no members that anyone asks for. */
function toNode(value: unknown): Node {
  return isNode(value) ? value : { type: "", ...Object(value) };
}
