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

/**
 * Write what a command lists: as JSON, or as a table whose columns are named after the members.
 *
 * @param columns the members, in the order of the columns; they name them where there are no rows, too
 */
export function formatList<Name extends string>(
  columns: readonly Name[],
  rows: readonly Readonly<Record<Name, string>>[],
  { json }: { readonly json: boolean },
): readonly string[] {
  if (json) {
    return [JSON.stringify(rows, undefined, 2)];
  }
  const header = columns.map((name) => name.toUpperCase());
  return formatTable(
    header,
    rows.map((row) => columns.map((name) => row[name])),
  );
}

/** Write a moment, or a dash where there is none. */
export function formatTime(ms: number | undefined): string {
  return ms === undefined ? "-" : new Date(ms).toISOString().replace(/\.\d+Z$/, "Z");
}
