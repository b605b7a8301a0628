import { parseSync, Visitor } from "vite";
import { readSources, repositoryRoot } from "./source-tree.ts";

/** A function that a package exports, and that takes options. */
export interface PublicFactory {
  /** What users import it from, and its name: `server/node listen`. */
  readonly id: string;
  /** Call it with an option that it cannot have. What stands before its options is a function. */
  readonly misspell: () => Promise<unknown>;
}

/** What there is of a name in a module. */
interface Parameter {
  readonly text: string;
  readonly name: string | undefined;
}

/** The option that no function has. */
export const MISSPELT = "surelyNoOption";

/** Find what takes options among what the index of a package exports. @param index such as `sdk/src/node/index.ts` */
export async function findFactories(index: string): Promise<readonly PublicFactory[]> {
  const exported: Readonly<Record<string, unknown>> = await import(`${repositoryRoot}/${index}`);
  const entry = index.replace(/\/index\.ts$/, "").replace("/src", "");
  return exportsOf(index).flatMap(({ name, path }) => {
    const value = exported[name];
    const position = parametersOf(path, name).findIndex(isOptions);
    if (typeof value !== "function" || position === -1) {
      return [];
    }
    const args = [...Array.from({ length: position }, () => () => undefined), { [MISSPELT]: 1 }];
    return [{ id: `${entry} ${name}`, misspell: async () => Reflect.apply(value, undefined, args) }];
  });
}

/** A parameter is taken for options by its name or by that of its type. */
function isOptions({ text, name }: Parameter): boolean {
  return name === "options" || /:\s*\w*(Options|Trust)\b/.test(text);
}

/** The values that an index hands on, and the modules that have them. */
function exportsOf(index: string): readonly { readonly name: string; readonly path: string }[] {
  const folder = index.replace(/[^/]*$/, "");
  const found: { readonly name: string; readonly path: string }[] = [];
  new Visitor({
    ExportNamedDeclaration({ source, specifiers, exportKind }) {
      if (source === null || exportKind === "type" || !source.value.startsWith(".")) {
        return;
      }
      const { pathname } = new URL(source.value, `file:///${folder}`);
      for (const { exported, exportKind: kind } of specifiers) {
        if (kind !== "type" && exported.type === "Identifier") {
          found.push({ name: exported.name, path: pathname.slice(1) });
        }
      }
    },
  }).visit(parse(index).program);
  return found;
}

/** The parameters of a function that a module declares; none when it declares no such function. */
function parametersOf(path: string, name: string): readonly Parameter[] {
  const { program, text } = parse(path);
  const found: Parameter[] = [];
  new Visitor({
    FunctionDeclaration({ id, params }) {
      if (id?.name !== name) {
        return;
      }
      for (const param of params) {
        const inner = param.type === "AssignmentPattern" ? param.left : param;
        found.push({
          text: text.slice(param.start, param.end),
          name: inner.type === "Identifier" ? inner.name : undefined,
        });
      }
    },
  }).visit(program);
  return found;
}

function parse(path: string) {
  const [file] = readSources([path]);
  if (file === undefined) {
    throw new Error(`there is no ${path}`);
  }
  return { program: parseSync(path, file.text).program, text: file.text };
}
