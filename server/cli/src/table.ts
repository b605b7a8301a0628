/**
 * Write rows as a table with columns of even width, for people to read.
 *
 * @param header the names of the columns
 * @param rows the cells, as many in each row as there are columns
 */
export function formatTable(
  header: readonly string[],
  rows: readonly (readonly string[])[],
): readonly string[] {
  const all = [header, ...rows];
  const widths = header.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  return all.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}

/** What one thing that a command lists says of itself. Undefined: it has none. */
export type Fact = string | boolean | readonly string[] | { readonly [name: string]: unknown } | undefined;

/**
 * Write a list as a table whose columns are named after the members.
 *
 * @param columns the members, in the order of the columns; they name them where there are no rows, too
 */
export function formatList<Name extends string>(
  columns: readonly Name[],
  rows: readonly Readonly<Record<Name, Fact>>[],
): readonly string[] {
  const header = columns.map((name) => name.toUpperCase());
  return formatTable(
    header,
    rows.map((row) => columns.map((name) => toCell(row[name]))),
  );
}

/** Write something as JSON for programs. What it has none of is null, so that every member is always there. */
export function toJsonText(value: unknown, { indent }: { readonly indent?: number } = {}): string {
  return JSON.stringify(value, (_, member: unknown) => member ?? null, indent);
}

function toCell(fact: Fact): string {
  if (fact === undefined) {
    return "-";
  }
  if (typeof fact === "boolean") {
    return fact ? "yes" : "no";
  }
  if (typeof fact === "string") {
    return fact;
  }
  return isList(fact) ? fact.join(" ") : toMembers(fact);
}

function toMembers(fact: Readonly<Record<string, unknown>>): string {
  const members = Object.entries(fact).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  return members.length === 0 ? "-" : members.join(" ");
}

function isList(fact: object): fact is readonly string[] {
  return Array.isArray(fact);
}

/** Write a moment; undefined where there is none. */
export function formatTime(ms: number | undefined): string | undefined {
  return ms === undefined ? undefined : new Date(ms).toISOString().replace(/\.\d+Z$/, "Z");
}
