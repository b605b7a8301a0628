/** Name the folder of a release: patches share one, since they change no interface. */
export function toVersion(release: string): string {
  return release.split(".").slice(0, 2).join(".");
}

/** Write the page that lists all versions. @param versions the newest first */
export function toVersionsPage(versions: readonly string[]): string {
  const items = versions.map((version) => `<li><a href="${version}/">${version}</a></li>`);
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<title>Versions of Countersign</title>
<body style="max-width: 40rem; margin: 3rem auto; padding: 0 1.5rem; font-family: system-ui, sans-serif">
<h1>Versions of Countersign</h1>
<ul>${items.join("")}</ul>
</body>
</html>
`;
}

/**
 * Write the page at the address without a version, which leads to the newest.
 *
 * @param path where the newest is, with a slash at both ends. A server may answer any address that it does not have with
 *   this page: a path relative to that address would lead from there to the next such address, without end.
 */
export function toNewestPage(path: string): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta http-equiv="refresh" content="0; url=${path}">
<title>Countersign</title>
<p><a href="${path}">The newest version</a></p>
</html>
`;
}

/** Sort versions, the newest first: 0.10 is newer than 0.9. */
export function sortVersions(names: readonly string[]): readonly string[] {
  const versions = names.filter((name) => /^\d+\.\d+$/.test(name));
  return versions.toSorted((a, b) => b.localeCompare(a, "en", { numeric: true }));
}
