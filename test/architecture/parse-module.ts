import { parseSync, Visitor } from "vite";
import type { SourceFile } from "./source-tree.ts";

/** One `import`, `export … from`, `import()` or import type. */
export interface ImportedModule {
  readonly specifier: string;
  readonly line: number;
  /** Loaded with the module, loaded by `import()`, or not loaded at all: types only. */
  readonly kind: "static" | "deferred" | "types";
}

/** Something found in a module, and where. */
export interface Found {
  readonly what:
    | "any"
    | "non-null assertion"
    | "export *"
    | "default export"
    | "enum"
    | "global process"
    | "environment";
  readonly line: number;
}

/** A module as the rules see it. */
export interface ParsedModule {
  readonly path: string;
  readonly text: string;
  readonly imports: readonly ImportedModule[];
  readonly found: readonly Found[];
}

/**
 * Parse a module and collect what the rules look at.
 *
 * Throws an Error that names the file when it is not valid TypeScript.
 */
export function parseModule(file: SourceFile): ParsedModule {
  const parsed = parseSync(file.path, file.text);
  const [error] = parsed.errors;
  if (error !== undefined) {
    throw new Error(`${file.path}: ${error.message}`);
  }

  const lineOf = (offset: number) => file.text.slice(0, offset).split("\n").length;
  const imports: ImportedModule[] = [];
  const found: Found[] = [];
  const see = (what: Found["what"], node: { start: number }) =>
    found.push({ what, line: lineOf(node.start) });
  const take = (
    source: { type: string; value?: unknown; start: number } | null,
    kind: ImportedModule["kind"],
  ) => {
    if (source !== null && typeof source.value === "string") {
      imports.push({ specifier: source.value, line: lineOf(source.start), kind });
    }
  };
  const kindOf = (kind: string | undefined) => (kind === "type" ? "types" : "static");

  new Visitor({
    ImportDeclaration: (node) => take(node.source, kindOf(node.importKind)),
    ExportNamedDeclaration: (node) => take(node.source, kindOf(node.exportKind)),
    ImportExpression: (node) => take(node.source, "deferred"),
    TSImportType: (node) => take(node.source, "types"),
    ExportAllDeclaration: (node) => {
      take(node.source, kindOf(node.exportKind));
      see("export *", node);
    },
    ExportDefaultDeclaration: (node) => see("default export", node),
    TSAnyKeyword: (node) => see("any", node),
    TSNonNullExpression: (node) => see("non-null assertion", node),
    TSEnumDeclaration: (node) => see("enum", node),
    MemberExpression: (node) => {
      if (isProcess(node.object)) {
        see("global process", node);
      }
      if (isEnvironment(node)) {
        see("environment", node);
      }
    },
  }).visit(parsed.program);
  return { path: file.path, text: file.text, imports, found };
}

interface NodeLike {
  readonly type: string;
  readonly name?: unknown;
}

function isProcess(node: NodeLike): boolean {
  return node.type === "Identifier" && node.name === "process";
}

interface MemberLike {
  readonly object: NodeLike & { readonly property?: NodeLike };
  readonly property: NodeLike;
}

/** Also that of a process that is looked up, as in `globalThis.process.env`. */
function isEnvironment({ object, property }: MemberLike): boolean {
  const isEnvProperty = property.type === "Identifier" && property.name === "env";
  return (
    isEnvProperty && (isProcess(object) || (object.property !== undefined && isProcess(object.property)))
  );
}
