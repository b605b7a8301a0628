import type { Suggestion } from "./suggestion.ts";

/** How wide a line of code may be, in characters. */
const MAX_WIDTH = 80;

/** A name that needs no quotes. */
const IS_NAME = /^[A-Za-z_$][\w$]*$/;

/** Write the options as members of `issuers` of `createAuth`, in TypeScript. */
export function writeCode(suggestion: Suggestion): readonly string[] {
  const imports = new Set<string>();
  const issuer = writeIssuer(suggestion, { indent: "  ", imports });
  const gap = imports.size === 0 ? [] : [""];
  return [...imports, ...gap, "issuers: [", ...`  ${issuer},`.split("\n"), "],"];
}

function writeIssuer({ choice, members }: Suggestion, place: CodePlace): string {
  if (choice === undefined) {
    return writeValue(members, place);
  }
  place.imports.add(`import { ${choice.preset} } from "@countersign/server/issuers";`);
  if (Object.keys(members).length === 0) {
    return `${choice.preset}(${writeValue(choice.options, place)})`;
  }
  const inner = { ...place, indent: `${place.indent}  ` };
  const parts = [`...${choice.preset}(${writeValue(choice.options, inner)})`, ...listMembers(members, inner)];
  return ["{", ...parts.map((part) => `${inner.indent}${part},`), `${place.indent}}`].join("\n");
}

interface CodePlace {
  /** What stands before the lines of the value but the first. */
  readonly indent: string;
  /** Collects what the code imports. */
  readonly imports: Set<string>;
}

function writeValue(value: unknown, place: CodePlace): string {
  if (typeof value !== "object" || value === null) {
    return JSON.stringify(value);
  }
  const inner = { ...place, indent: `${place.indent}  ` };
  const isList = Array.isArray(value);
  const parts = isList ? value.map((member) => writeValue(member, inner)) : listMembers(value, inner);
  const [open, close, gap] = isList ? ["[", "]", ""] : ["{", "}", " "];
  const line = `${open}${gap}${parts.join(", ")}${gap}${close}`;
  if (parts.length === 0) {
    return `${open}${close}`;
  }
  return line.length + place.indent.length <= MAX_WIDTH && !line.includes("\n")
    ? line
    : [open, ...parts.map((part) => `${inner.indent}${part},`), `${place.indent}${close}`].join("\n");
}

function listMembers(value: object, place: CodePlace): readonly string[] {
  return Object.entries(value).map(([name, member]) => writeMember(name, member, place));
}

/** The file names files where code has what is in them. */
function writeMember(name: string, value: unknown, place: CodePlace): string {
  const file = JSON.stringify(value);
  if (name === "caFile") {
    place.imports
      .add('import { readFileSync } from "node:fs";')
      .add('import { createFetch } from "@countersign/node";');
    return `fetch: createFetch({ ca: readFileSync(${file}, "utf8") })`;
  }
  if (name === "bearerTokenFile") {
    place.imports.add('import { readFileSync } from "node:fs";');
    return `headers: () => ({ authorization: \`Bearer \${readFileSync(${file}, "utf8").trim()}\` })`;
  }
  return `${IS_NAME.test(name) ? name : JSON.stringify(name)}: ${writeValue(value, place)}`;
}
