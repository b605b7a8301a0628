type Table = Readonly<Record<string, string | boolean>>;
type Manifest = Readonly<Record<string, string | boolean | Table>>;

/** Merge manifests: tables of one name are joined and sorted; of anything else, the last one counts. */
export function mergeManifests(texts: readonly string[]): string {
  const merged = texts.map((text): Manifest => JSON.parse(text)).reduce(mergeTwo, {});
  return toText(merged);
}

function mergeTwo(before: Manifest, next: Manifest): Manifest {
  const fields = Object.entries(next).map(([field, value]) => {
    const old = before[field];
    return [field, typeof value === "object" && typeof old === "object" ? { ...old, ...value } : value];
  });
  return { ...before, ...Object.fromEntries(fields) };
}

/**
 * Have a manifest take packages from tarballs.
 *
 * @param tarballs where that of each package is, as npm installs it
 */
export function withTarballs(text: string, tarballs: ReadonlyMap<string, string>): string {
  const manifest: Manifest = JSON.parse(text);
  const fields = Object.entries(manifest).map(([field, value]) => [
    field,
    /dependencies$/i.test(field) && typeof value === "object" ? replaceSpecs(value, tarballs) : value,
  ]);
  return toText(Object.fromEntries(fields));
}

function replaceSpecs(table: Table, tarballs: ReadonlyMap<string, string>): Table {
  return Object.fromEntries(Object.entries(table).map(([name, spec]) => [name, tarballs.get(name) ?? spec]));
}

/** npm sorts what is installed by name. */
function toText(manifest: Manifest): string {
  const sorted = Object.entries(manifest).map(([field, value]) => [
    field,
    /dependencies$/i.test(field) && typeof value === "object" ? sortByName(value) : value,
  ]);
  return `${JSON.stringify(Object.fromEntries(sorted), null, 2)}\n`;
}

function sortByName(table: Table): Table {
  return Object.fromEntries(Object.entries(table).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
