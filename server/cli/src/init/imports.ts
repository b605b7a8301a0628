import type { Expression, File, ImportDeclaration } from "@babel/types";

/** What a name of a module stands for, when the module imports it. */
export interface Binding {
  /** The module that it is imported from, as it is written there. */
  readonly specifier: string;
  /** Its name in that module; `*` for all of it. */
  readonly name: string;
}

/** List what a module imports, by the names that it has in the module. */
export function readImports({ program }: File): ReadonlyMap<string, Binding> {
  const declarations = program.body.filter((node) => node.type === "ImportDeclaration");
  return new Map(declarations.flatMap(toBindings));
}

function toBindings({ source, specifiers }: ImportDeclaration): readonly (readonly [string, Binding])[] {
  return specifiers.map((node) => [
    node.local.name,
    {
      specifier: source.value,
      name: node.type === "ImportSpecifier" ? toName(node.imported) : nameOf(node.type),
    },
  ]);
}

function toName(
  node: { readonly type: "Identifier"; name: string } | { readonly type: "StringLiteral"; value: string },
) {
  return node.type === "Identifier" ? node.name : node.value;
}

function nameOf(type: "ImportDefaultSpecifier" | "ImportNamespaceSpecifier"): string {
  return type === "ImportDefaultSpecifier" ? "default" : "*";
}

/**
 * Find what an expression names of another module: `NotesService`, `pb.NotesService`, or a part of it as in
 * `NotesService.method.get`.
 */
export function findBinding(node: Expression, imports: ReadonlyMap<string, Binding>): Binding | undefined {
  const names = toNames(node);
  const binding = imports.get(names[0] ?? "");
  if (binding?.name !== "*") {
    return binding;
  }
  const [, name] = names;
  return name === undefined ? undefined : { ...binding, name };
}

/** The names of a path as `a.b.c`; none when it is another expression. */
function toNames(node: Expression): readonly string[] {
  if (node.type === "Identifier") {
    return [node.name];
  }
  if (
    node.type !== "MemberExpression" ||
    node.object.type === "Super" ||
    node.property.type !== "Identifier"
  ) {
    return [];
  }
  const names = toNames(node.object);
  return names.length === 0 ? [] : [...names, node.property.name];
}
