import { type ParserOptions, parse } from "@babel/parser";
import type { File, Node } from "@babel/types";

/** Parse a module of JavaScript or TypeScript. @throws SyntaxError when it is none */
export function parseModule(text: string, path: string): File {
  const isPlainTypeScript = /\.[cm]?ts$/.test(path);
  const plugins: NonNullable<ParserOptions["plugins"]> = ["typescript", "decorators-legacy"];
  // In .ts, `<T>value` is a type assertion.
  return parse(text, { sourceType: "module", plugins: isPlainTypeScript ? plugins : [...plugins, "jsx"] });
}

/** Visit a node and all below it, outside first. */
export function walk(node: Node, visit: (node: Node) => void): void {
  visit(node);
  for (const value of Object.values(node)) {
    for (const child of Array.isArray(value) ? value : [value]) {
      if (isNode(child)) {
        walk(child, visit);
      }
    }
  }
}

/** Comments and tokens are objects with a type, too, but no nodes. */
function isNode(value: unknown): value is Node {
  return (
    typeof value === "object" &&
    value !== null &&
    "type" in value &&
    typeof value.type === "string" &&
    !value.type.startsWith("Comment")
  );
}

/** A range of a source text. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

/** Find where a node stands. */
export function rangeOf({ start, end }: Node): Range {
  if (typeof start !== "number" || typeof end !== "number") {
    throw new TypeError("a node of a parsed text has a place");
  }
  return { start, end };
}
