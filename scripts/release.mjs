// `npm run release`: publish all packages, those first that others need, from tarballs that are made anew of a clean tree.
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { pack, readIndex } from "./pack.mjs";
import { publishedFolders } from "./published-manifest.mjs";
import { inRoot, readJson, root, run, SetupError, say } from "./run.mjs";

/**
 * List what stands in the way of a release, in words for the person who would make it.
 *
 * @param changed what git says is changed and not committed
 * @param changesets the names of the files in `.changeset`
 * @param repository the manifest of the repository
 * @param manifests those of the packages
 */
export function findObstacles({ changed, changesets, repository, manifests }) {
  const waiting = changesets.filter((name) => name.endsWith(".md"));
  const versions = new Set(manifests.map(({ version }) => version));
  return [
    changed !== "" && `what git lists is not committed:\n${changed}`,
    waiting.length > 0 && `changes wait for \`npm run release:version\`: ${waiting.join(", ")}`,
    repository.repository?.url === undefined &&
      "package.json names no repository: npm takes a proof of origin only with the address of the sources",
    versions.size !== 1 &&
      `packages are released together, and have the versions ${[...versions].join(", ")}`,
  ].filter((obstacle) => obstacle !== false);
}

function readState() {
  const { status, stdout } = spawnSync("git", ["status", "--porcelain"], { cwd: root, encoding: "utf8" });
  if (status !== 0) {
    throw new SetupError("a release is made of a clone, and git does not know this folder");
  }
  return {
    changed: stdout.trimEnd(),
    changesets: readdirSync(inRoot(".changeset")),
    repository: readJson(inRoot("package.json")),
    manifests: publishedFolders().map((folder) => readJson(inRoot(folder, "package.json"))),
  };
}

/** Whether a package is there in this version: a release that broke off in the middle is taken up again. */
function isPublished(name, version) {
  return spawnSync("npm", ["view", `${name}@${version}`, "version"], { encoding: "utf8" }).stdout !== "";
}

/** Publish what is not yet there. With a proof of origin, which only a workflow of the repository's host can give. */
export function releasePackages(node) {
  const state = readState();
  const obstacles = findObstacles(state);
  if (obstacles.length > 0) {
    throw new SetupError(`nothing is published:\n- ${obstacles.join("\n- ")}`);
  }
  const [{ version }] = state.manifests;
  const folder = inRoot("dist", "release");
  pack(node, folder);
  for (const [name, file] of Object.entries(readIndex(folder))) {
    if (isPublished(name, version)) {
      say(`${name} ${version} is there already`);
      continue;
    }
    const args = ["publish", join(folder, file), "--provenance", "--access", "public"];
    run("npm", args, { complaint: `publishing ${name} failed. Run this again: it goes on from there.` });
  }
  say(`all published. The commit is to be named: git tag v${version} && git push origin v${version}`);
}
