import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { repositoryRoot } from "../architecture/source-tree.ts";
import { findFreePort } from "../support/free-port.ts";
import { TARBALLS, unpack } from "../support/packages.ts";
import { type ProgramResult, runProgram, startProgram } from "../support/program.ts";
import { createTemporaryFolder } from "../support/temporary-folder.ts";

/** Run a program that has to succeed. */
async function succeed(file: string, args: readonly string[], cwd: string): Promise<ProgramResult> {
  const result = await runProgram({ file, args, cwd });
  expect(result.code, `${args.join(" ")}:\n${result.stdout}${result.stderr}`).toBe(0);
  return result;
}

/** Install a project with the repository's own packages in the place of those that npm would fetch. */
async function installOffline(project: string): Promise<void> {
  const manifest = JSON.parse(await readFile(join(project, "package.json"), "utf8"));
  const names = Object.keys({ ...manifest.dependencies, ...manifest.devDependencies });
  const links = names
    .filter((name) => !name.startsWith("@countersign/"))
    .map((name) => join(repositoryRoot, "node_modules", name));
  // The scripts of packages that are linked to would run in this repository.
  const options = ["--offline", "--ignore-scripts", "--no-audit", "--no-fund"];
  await succeed("npm", ["install", ...options, ...links], project);
}

test("a project that npm create has begun generates, compiles, passes its tests, serves and is called", async () => {
  await using folder = await createTemporaryFolder();
  await unpack("create", join(folder.path, "create"));
  const command = join(folder.path, "create/bin/create-countersign.js");
  const index = join(TARBALLS, "packages.json");
  await succeed(process.execPath, [command, "greeter", "--yes", "--packages", index], folder.path);
  const project = join(folder.path, "greeter");
  await installOffline(project);

  const settings = await readFile(join(project, ".env"), "utf8");
  await writeFile(join(project, ".env"), settings.replaceAll("8090", String(await findFreePort())));
  await succeed("npm", ["run", "generate"], project);
  await succeed("npm", ["run", "types"], project);
  await succeed("npm", ["test"], project);

  const args = ["--env-file=.env", "src/server.ts"];
  await using server = startProgram({ file: process.execPath, args, cwd: project });
  await server.untilPrinted(/^listening at http:\/\/127\.0\.0\.1:\d+$/m);
  const { stdout } = await succeed("npm", ["run", "--silent", "call"], project);
  expect(stdout).toMatch(/^Hello, usr_[\w-]+\nPermissionDenied POLICY_DENIED\n$/);
  expect(await server.end("SIGTERM")).toMatchObject({ code: 0 });
});
