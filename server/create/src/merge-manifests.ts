type Table = Readonly<Record<string, unknown>>;

const isTable = (value: unknown): value is Table =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Merge manifests: tables of one name are joined and sorted; of anything else, the last one counts. */
export function mergeManifests(texts: readonly string[]): string {
  const merged = texts.map((text): Table => JSON.parse(text)).reduce(mergeTwo, {});
  return toText(merged);
}

function mergeTwo(before: Table, next: Table): Table {
  const fields = Object.entries(next).map(([field, value]) => {
    const old = before[field];
    return [field, isTable(value) && isTable(old) ? { ...old, ...value } : value];
  });
  return { ...before, ...Object.fromEntries(fields) };
}

/**
 * Have a manifest take packages from tarballs.
 *
 * @param tarballs where that of each package is, as npm installs it
 */
export function withTarballs(text: string, tarballs: ReadonlyMap<string, string>): string {
  const manifest: Table = JSON.parse(text);
  return toText(mapDependencies(manifest, (table) => replaceSpecs(table, tarballs)));
}

function replaceSpecs(table: Table, tarballs: ReadonlyMap<string, string>): Table {
  return Object.fromEntries(Object.entries(table).map(([name, spec]) => [name, tarballs.get(name) ?? spec]));
}

/** npm sorts what is installed by name. */
function toText(manifest: Table): string {
  return `${JSON.stringify(mapDependencies(manifest, sortByName), null, 2)}\n`;
}

function mapDependencies(manifest: Table, map: (table: Table) => Table): Table {
  const fields = Object.entries(manifest).map(([field, value]) => [
    field,
    /dependencies$/i.test(field) && isTable(value) ? map(value) : value,
  ]);
  return Object.fromEntries(fields);
}

function sortByName(table: Table): Table {
  return Object.fromEntries(Object.entries(table).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
