// Which packages are published, and their manifests as they are then. Plain JavaScript without dependencies, for any Node ≥ 20.

import { inRoot, readJson } from "./run.mjs";

/** List the folders of what is published, in the order of the workspaces: those that others need come first. */
export function publishedFolders() {
  const { workspaces } = readJson(inRoot("package.json"));
  return workspaces.filter((folder) => readJson(inRoot(folder, "package.json")).private !== true);
}

/**
 * Make the manifest that is published of the one in the repository: without what only the repository needs, which are its
 * tools, its scripts and the condition that leads to sources, and with the places that the repository's own manifest names.
 *
 * @param folder that of the package, from the root
 * @param repository the manifest of the repository
 */
export function toPublished(manifest, { folder, repository }) {
  const { devDependencies: _tools, scripts: _scripts, exports, ...kept } = manifest;
  return {
    ...kept,
    ...toPlaces(repository, folder),
    ...(exports && { exports: mapValues(exports, toPublishedEntry) }),
  };
}

function toPublishedEntry({ types, default: file }) {
  return { types, default: file };
}

/** Say where sources, documentation and issues are. npm takes a proof of origin only with the address of the sources. */
function toPlaces({ repository, homepage, bugs }, folder) {
  return {
    ...(repository && { repository: { ...repository, directory: folder } }),
    ...(homepage && { homepage }),
    ...(bugs && { bugs }),
  };
}

function mapValues(object, toValue) {
  return Object.fromEntries(Object.entries(object).map(([name, value]) => [name, toValue(value)]));
}
