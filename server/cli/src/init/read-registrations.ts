import type { CallExpression, Expression, File, Node } from "@babel/types";
import { type Binding, findBinding } from "./imports.ts";
import { walk } from "./syntax.ts";

/** What is registered at a router. */
export interface ServiceUse extends Binding {
  readonly line: number;
}

/** What a module registers, and what cannot be known of it. */
export interface Registrations {
  readonly services: readonly ServiceUse[];
  readonly unsure: readonly { readonly line: number; readonly what: string }[];
}

type Imports = ReadonlyMap<string, Binding>;

/** The methods of a router that register something. */
const METHODS = new Set(["service", "rpc"]);

/** Read which services a module registers: with `router.service(…)`, or with a name that stands for `router.service`. */
export function readRegistrations(file: File, imports: Imports): Registrations {
  const services: ServiceUse[] = [];
  const unsure: { readonly line: number; readonly what: string }[] = [];
  const { names, read } = readNames(file);
  const isOfConnect = [...imports.values()].some(({ specifier }) => OF_CONNECT.test(specifier));
  walk(file, (node) => {
    const line = node.loc?.start.line ?? 1;
    if (node.type === "CallExpression") {
      read.add(node.callee);
      const what = readCall(node, { imports, names: isOfConnect ? names : new Set() });
      if (typeof what === "string") {
        unsure.push({ line, what });
      } else if (what !== undefined) {
        services.push({ ...what, line });
      }
    } else if (isOfConnect && isMethodOfRouter(node) && !read.has(node)) {
      unsure.push({ line, what: "a method of a router is handed on, and what it registers is not known" });
    }
  });
  return { services, unsure };
}

const OF_CONNECT = /^@connectrpc\/|_pb(?:\.\w+)?$/;

/** Find the names that stand for a method of a router, as in `({ service }) => …`, and where the methods are taken out. */
function readNames(file: File): { readonly names: ReadonlySet<string>; readonly read: Set<Node> } {
  const names = new Set<string>();
  const read = new Set<Node>();
  walk(file, (node) => {
    if (node.type === "ObjectProperty" && node.key.type === "Identifier" && METHODS.has(node.key.name)) {
      const { value } = node;
      // A value of an object has the same shape as a part of a pattern, and does no harm: such a name is called with a service only here.
      const target = value.type === "AssignmentPattern" ? value.left : value;
      names.add(target.type === "Identifier" ? target.name : "");
    }
    if (node.type === "VariableDeclarator" && node.id.type === "Identifier") {
      const method = withoutBind(node.init ?? undefined);
      if (method !== undefined && isMethodOfRouter(method)) {
        names.add(node.id.name);
        read.add(method);
      }
    }
  });
  return { names, read };
}

/** `router.service` of `router.service.bind(router)`. */
function withoutBind(node: Node | undefined): Node | undefined {
  const isBind =
    node?.type === "CallExpression" &&
    node.callee.type === "MemberExpression" &&
    node.callee.property.type === "Identifier" &&
    node.callee.property.name === "bind";
  return isBind && node.callee.type === "MemberExpression" ? node.callee.object : node;
}

function isMethodOfRouter(node: Node): boolean {
  return (
    node.type === "MemberExpression" &&
    node.property.type === "Identifier" &&
    METHODS.has(node.property.name) &&
    isRouter(node.object)
  );
}

/** @returns what is registered, what cannot be known of it, or undefined when nothing is */
function readCall(
  { callee, arguments: [first] }: CallExpression,
  { imports, names }: { readonly imports: Imports; readonly names: ReadonlySet<string> },
): Binding | string | undefined {
  const isNamed = callee.type === "Identifier" && names.has(callee.name);
  const isMember =
    callee.type === "MemberExpression" &&
    callee.property.type === "Identifier" &&
    METHODS.has(callee.property.name);
  if (!(isNamed || isMember) || first === undefined) {
    return undefined;
  }
  if (first.type === "SpreadElement" || first.type === "ArgumentPlaceholder") {
    return undefined;
  }
  const isOfRouter = isNamed || (callee.type === "MemberExpression" && isRouter(callee.object));
  return (
    findBinding(first, imports) ??
    (isOfRouter ? "a router gets a service that is not imported by name" : undefined)
  );
}

const isRouter = (node: Expression | { readonly type: "Super" }): boolean =>
  node.type !== "Super" && /router/i.test(rootOf(node));

/** The name that a chain as `router.service(…).service(…)` begins with. */
function rootOf(node: Expression): string {
  if (node.type === "Identifier") {
    return node.name;
  }
  if (node.type === "CallExpression" && node.callee.type !== "Super" && node.callee.type !== "Import") {
    return node.callee.type === "V8IntrinsicIdentifier" ? "" : rootOf(node.callee);
  }
  return node.type === "MemberExpression" && node.object.type !== "Super" ? rootOf(node.object) : "";
}
