import type { CallExpression, File, Node, ObjectExpression } from "@babel/types";
import { type Binding, readImports } from "./imports.ts";
import { readRegistrations, type ServiceUse } from "./read-registrations.ts";
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

/** Makes a router without an adapter, for servers of other kinds. */
const ROUTER = "createConnectRouter";

/** The function that the command writes: its calls are there already. */
export const GUARD = "guardRoutes";

/** Check whether a module may have something of a server, without parsing it. */
export function isPromising(text: string): boolean {
  return (
    /\.(?:service|rpc)\b/.test(text) ||
    /\{[^{}]*\b(?:service|rpc)\b[^{}]*\}/.test(text) ||
    [ROUTER, ...Object.values(ADAPTERS)].some((name) => text.includes(name))
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
  const registrations = readRegistrations(file, imports);
  const unsure: string[] = [];
  walk(file, (node) => {
    if (node.type !== "CallExpression") {
      return;
    }
    const place = `${path}:${node.loc?.start.line ?? 1}`;
    const adapter = readAdapter(node, imports, text);
    if (typeof adapter === "string") {
      unsure.push(`${place} ${adapter}`);
    } else if (adapter !== undefined) {
      adapters.push(adapter);
    }
  });
  const last = file.program.body.findLast((node) => node.type === "ImportDeclaration");
  unsure.push(...registrations.unsure.map(({ line, what }) => `${path}:${line} ${what}`));
  const importsEnd = last === undefined ? 0 : rangeOf(last).end;
  return { adapters, services: registrations.services, importsEnd, unsure };
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
  if (isRouterMade(callee, imports)) {
    return `${ROUTER} makes a router: register with ${GUARD}(routes).routes(router) all that it gets`;
  }
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

function isRouterMade(node: Node, imports: ReadonlyMap<string, Binding>): boolean {
  const binding = node.type === "Identifier" ? imports.get(node.name) : undefined;
  return binding?.specifier === "@connectrpc/connect" && binding.name === ROUTER;
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
