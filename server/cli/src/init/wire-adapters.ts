import { applyEdits, type Edit } from "./edits.ts";
import type { Mount } from "./find-servers.ts";
import { type AdapterCall, GUARD } from "./read-source.ts";

/**
 * Have the adapters of a module serve guarded routes.
 *
 * @param specifier the module of the gate, as the module imports it
 */
export function wireAdapters(text: string, { adapters, importsEnd }: Mount, specifier: string): string {
  return applyEdits(text, [
    addImport(text, importsEnd, specifier),
    ...adapters.flatMap((call) => guardCall(text, call)),
  ]);
}

/** As the last import there is written. */
function addImport(text: string, at: number, specifier: string): Edit {
  const last = text.slice(0, at).split("\n").at(-1) ?? "";
  const quote = last.includes("'") ? "'" : '"';
  const end = last === "" || last.endsWith(";") ? ";" : "";
  const statement = `import { ${GUARD} } from ${quote}${specifier}${quote}${end}`;
  return { start: at, end: at, text: at === 0 ? `${statement}\n` : `\n${statement}` };
}

/** The guarded routes come first, so that other options of the adapter, such as its interceptors, stay as they are. */
function guardCall(text: string, { first, property, routes }: AdapterCall): readonly Edit[] {
  const spread = `...${GUARD}(${routes})`;
  if (first.start === property.start) {
    return [{ ...property, text: spread }];
  }
  const gap = /,\s*$/.exec(text.slice(0, property.start))?.[0] ?? "";
  const blank = /\s*$/.exec(text.slice(0, first.start))?.[0] ?? "";
  return [
    { start: first.start, end: first.start, text: `${spread},${blank === "" ? " " : blank}` },
    { start: property.start - gap.length, end: property.end, text: "" },
  ];
}
