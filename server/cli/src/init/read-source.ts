import type { CallExpression, Expression, File, Node, ObjectExpression } from "@babel/types";
import { type Binding, findBinding, readImports } from "./imports.ts";
import { parseModule, type Range, rangeOf, walk } from "./syntax.ts";

/** A call of an adapter of Connect that gets routes. */
export interface AdapterCall {
  readonly adapter: string;
  /** Its options. */
  readonly options: Range;
  /** The first of its options, whichever it is. */
  readonly first: Range;
  /** Option `routes`, with its name. */
  readonly property: Range;
  /** What is written as its value, as an expression. */
  readonly routes: string;
}

/** What is registered at a router. */
export interface ServiceUse extends Binding {
  readonly line: number;
}

/** What of a server stands in one module. */
export interface SourceFacts {
  readonly adapters: readonly AdapterCall[];
  readonly services: readonly ServiceUse[];
  /** Behind its last import. */
  readonly importsEnd: number;
  /** What cannot be known from the text, as sentences. */
  readonly unsure: readonly string[];
}

/** The adapters that serve routes, by their packages. */
const ADAPTERS: Readonly<Record<string, string>> = {
  "@connectrpc/connect-express": "expressConnectMiddleware",
  "@connectrpc/connect-fastify": "fastifyConnectPlugin",
  "@connectrpc/connect-next": "nextJsApiRouter",
  "@connectrpc/connect-node": "connectNodeAdapter",
};

/** The function that the command writes: its calls are there already. */
export const GUARD = "guardRoutes";

/** Check whether a module may have something of a server, without parsing it. */
export function isPromising(text: string): boolean {
  return (
    text.includes(".service(") ||
    text.includes(".rpc(") ||
    Object.values(ADAPTERS).some((name) => text.includes(name))
  );
}

/** Read what of a server stands in a module. */
export function readSource(text: string, path: string): SourceFacts {
  const file = parseOrSay(text, path);
  if (typeof file === "string") {
    return { adapters: [], services: [], importsEnd: 0, unsure: [file] };
  }
  const imports = readImports(file);
  const adapters: AdapterCall[] = [];
  const services: ServiceUse[] = [];
  const unsure: string[] = [];
  walk(file, (node) => {
    if (node.type !== "CallExpression") {
      return;
    }
    const place = `${path}:${node.loc?.start.line ?? 1}`;
    const adapter = readAdapter(node, imports, text);
    const service = readService(node, imports);
    if (typeof adapter === "string") {
      unsure.push(`${place} ${adapter}`);
    } else if (adapter !== undefined) {
      adapters.push(adapter);
    }
    if (typeof service === "string") {
      unsure.push(`${place} ${service}`);
    } else if (service !== undefined) {
      services.push({ ...service, line: node.loc?.start.line ?? 1 });
    }
  });
  const last = file.program.body.findLast((node) => node.type === "ImportDeclaration");
  return { adapters, services, importsEnd: last === undefined ? 0 : rangeOf(last).end, unsure };
}

/** @returns the parsed module, or what is wrong with it */
function parseOrSay(text: string, path: string): File | string {
  try {
    return parseModule(text, path);
  } catch (error) {
    return `${path} cannot be parsed: ${error instanceof Error ? error.message : String(error)}`;
  }
}

/** @returns the call, what cannot be known of it, or undefined when it is no call of an adapter */
function readAdapter(
  { callee, arguments: args }: CallExpression,
  imports: ReadonlyMap<string, Binding>,
  text: string,
): AdapterCall | string | undefined {
  const called = toAdapter(callee, imports);
  const [first, second] = args;
  // A plugin of Fastify is an argument of `register`.
  const adapter = called ?? (first && toAdapter(first, imports));
  if (adapter === undefined) {
    return undefined;
  }
  const options = called === undefined ? second : first;
  return options?.type === "ObjectExpression"
    ? readRoutes(options, adapter, text)
    : `${adapter} has its options from elsewhere`;
}

function toAdapter(node: Node, imports: ReadonlyMap<string, Binding>): string | undefined {
  const binding = node.type === "Identifier" ? imports.get(node.name) : undefined;
  return binding !== undefined && ADAPTERS[binding.specifier] === binding.name ? binding.name : undefined;
}

function readRoutes(
  options: ObjectExpression,
  adapter: string,
  text: string,
): AdapterCall | string | undefined {
  const [first] = options.properties;
  const property = options.properties.find(
    (node) => node.type !== "SpreadElement" && node.key.type === "Identifier" && node.key.name === "routes",
  );
  if (first === undefined || property === undefined || property.type === "SpreadElement") {
    return options.properties.some(isGuarded) ? undefined : `${adapter} has its routes from elsewhere`;
  }
  // `routes(router) { … }` becomes `function (router) { … }`.
  const { start, end } = property.type === "ObjectMethod" ? rangeOf(property) : rangeOf(property.value);
  const keyEnd = rangeOf(property.key).end;
  const isAsync = property.type === "ObjectMethod" && property.async;
  const routes =
    property.type === "ObjectMethod"
      ? `${isAsync ? "async " : ""}function ${text.slice(keyEnd, end)}`
      : text.slice(start, end);
  return { adapter, options: rangeOf(options), first: rangeOf(first), property: rangeOf(property), routes };
}

function isGuarded(node: Node): boolean {
  return (
    node.type === "SpreadElement" &&
    node.argument.type === "CallExpression" &&
    node.argument.callee.type === "Identifier" &&
    node.argument.callee.name === GUARD
  );
}

/** @returns what is registered, what cannot be known of it, or undefined when nothing is */
function readService(
  { callee, arguments: [first] }: CallExpression,
  imports: ReadonlyMap<string, Binding>,
): Binding | string | undefined {
  if (callee.type !== "MemberExpression" || callee.property.type !== "Identifier" || first === undefined) {
    return undefined;
  }
  if (
    !["service", "rpc"].includes(callee.property.name) ||
    first.type === "SpreadElement" ||
    first.type === "ArgumentPlaceholder"
  ) {
    return undefined;
  }
  const binding = findBinding(first, imports);
  const isRouter = callee.object.type !== "Super" && /router/i.test(rootOf(callee.object));
  return binding ?? (isRouter ? "a router gets a service that is not imported by name" : undefined);
}

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
