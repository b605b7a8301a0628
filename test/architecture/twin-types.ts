import { parseSync } from "vite";
import type { SourceFile } from "./source-tree.ts";

const DECLARATIONS = new Set(["TSInterfaceDeclaration", "TSTypeAliasDeclaration", "ClassDeclaration"]);

/** Name the types that two files of one package of the server or of the SDK declare: a name means one thing there. */
export function twinTypes(files: readonly SourceFile[]): readonly string[] {
  const places = new Map<string, Set<string>>();
  for (const { path, text } of files) {
    const [, folder] = /^(server\/\w+|sdk)\/src\/.*\.ts$/.exec(path) ?? [];
    for (const name of folder === undefined ? [] : typesOf(path, text)) {
      const key = `${folder} has more than one type ${name}`;
      places.set(key, (places.get(key) ?? new Set()).add(path));
    }
  }
  return [...places].flatMap(([what, paths]) =>
    paths.size > 1 ? [`${what}: ${[...paths].join(", ")}`] : [],
  );
}

function typesOf(path: string, text: string): readonly string[] {
  return parseSync(path, text).program.body.flatMap((statement) => {
    const declared = statement.type === "ExportNamedDeclaration" ? statement.declaration : statement;
    return declared !== null && "id" in declared && DECLARATIONS.has(declared.type)
      ? [String(declared.id !== null && "name" in declared.id ? declared.id.name : "")]
      : [];
  });
}
