import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
// @ts-expect-error the scripts are JavaScript without declarations: they run before anything is installed
import * as manifests from "../../scripts/published-manifest.mjs";
// @ts-expect-error see above
import * as release from "../../scripts/release.mjs";
import { notEmpty } from "../support/not-empty.ts";
import { PUBLISHED, packageName } from "../support/packages.ts";
import { runProgram } from "../support/program.ts";

const PLACES = {
  repository: { type: "git", url: "git+https://example.com/it.git" },
  homepage: "https://example.com",
  bugs: "https://example.com/issues",
};

const READY = {
  changed: "",
  changesets: ["config.json"],
  repository: PLACES,
  manifests: [{ version: "1.0.0" }, { version: "1.0.0" }],
};

test("a release of a clean tree with one version has nothing in its way", () => {
  expect(release.findObstacles(READY)).toEqual([]);
});

test.each(
  notEmpty([
    ["what is not committed", { changed: " M sdk/src/index.ts" }, /not committed:\n M sdk/],
    [
      "a change that has no version yet",
      { changesets: ["config.json", "a-b.md"] },
      /release:version.*a-b\.md/,
    ],
    ["no address of the sources", { repository: {} }, /names no repository/],
    ["two versions", { manifests: [{ version: "1.0.0" }, { version: "1.1.0" }] }, /1\.0\.0, 1\.1\.0/],
  ] as const),
)("%s is in its way", (_, state, obstacle) => {
  expect(release.findObstacles({ ...READY, ...state })).toEqual([expect.stringMatching(obstacle)]);
});

test("a published manifest names the sources, and its folder in them", () => {
  const manifest = { name: "@countersign/node", version: "1.2.3" };
  const published = manifests.toPublished(manifest, { folder: "server/node", repository: PLACES });
  const { repository } = PLACES;
  expect(published).toEqual({
    ...manifest,
    ...PLACES,
    repository: { ...repository, directory: "server/node" },
  });
});

test.each(PUBLISHED)("npm publish in the folder of %s is refused", async (name) => {
  const folder = fileURLToPath(new URL(`../../node_modules/${packageName(name)}`, import.meta.url));
  const args = ["run", "--silent", "prepublishOnly"];
  const { code, stderr } = await runProgram({ file: "npm", args, cwd: folder });
  expect(code).toBe(1);
  expect(stderr).toContain("npm run release");
});
