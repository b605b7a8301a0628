import { readFileSync } from "node:fs";
import { join, posix } from "node:path";
import { describe, expect, test } from "vitest";
import { listParts } from "../../server/create/src/choices.ts";
import { composeProject, type Files } from "../../server/create/src/compose-project.ts";
import { readPart } from "../../server/create/src/read-part.ts";
import { repositoryRoot } from "../architecture/source-tree.ts";
import { notEmpty } from "../support/not-empty.ts";
import { COMBINATIONS } from "./every-combination.ts";

const PASSWORDS = { password: "p4ss", databasePassword: "d4ta" };
const VALUES = { name: "greeter", issuer: "https://a", audience: "api", ...PASSWORDS, version: "1.2.3" };

const compose = (...parts: readonly Readonly<Record<string, string>>[]) =>
  composeProject(
    parts.map((part) => new Map(Object.entries(part))),
    VALUES,
  );

describe("composeProject", () => {
  test("copies files, and writes those with a dot that packages cannot have", () => {
    const files = compose({ "src/a.ts": "`{{name}}`", gitignore: "data/\n" }, { env: "A={{audience}}\n" });
    expect(Object.fromEntries(files)).toEqual({
      ".env": "A=api\n",
      ".gitignore": "data/\n",
      "src/a.ts": "`{{name}}`",
    });
  });

  test("joins what several parts say", () => {
    const files = compose(
      {
        "manifest.json": '{"name": "{{name}}", "dependencies": {"b": "1"}}',
        "README.md": "One.\n",
        env: "A=1\n",
      },
      { "manifest.json": '{"dependencies": {"a": "{{version}}"}}', "README.md": "Two.\n", env: "B=2\n" },
    );
    expect(JSON.parse(files.get("package.json") ?? "")).toEqual({
      name: "greeter",
      dependencies: { a: "1.2.3", b: "1" },
    });
    expect(files.get("README.md")).toBe("One.\n\nTwo.\n");
    expect(files.get(".env")).toBe("A=1\nB=2\n");
  });

  test("refuses templates that contradict each other, or name what there is not", () => {
    expect(() => compose({ "src/a.ts": "1" }, { "src/a.ts": "2" })).toThrow("two parts have src/a.ts");
    expect(() => compose({ env: "{{toString}}" })).toThrow("a template names the value toString");
  });
});

const readVersions = (folder: string): Readonly<Record<string, string>> => {
  const manifest = JSON.parse(readFileSync(join(repositoryRoot, folder, "package.json"), "utf8"));
  return { ...manifest.dependencies, ...manifest.devDependencies, ...manifest.optionalDependencies };
};
const RUNTIMES = { ...readVersions("test/runtimes/bun"), ...readVersions("test/runtimes/versions") };
const TESTED: Readonly<Record<string, string | undefined>> = {
  ...RUNTIMES,
  "@types/bun": RUNTIMES.bun,
  // The newest that there is.
  "@types/deno": "2.7.0",
  ...readVersions("test"),
  ...readVersions("."),
  ...readVersions("sdk"),
  ...readVersions("web-demo"),
};

/** List what is imported and is neither a file of the project, nor generated, nor of a package that is installed. */
function findMissing(files: Files, installed: object): readonly string[] {
  const sources = [...files].filter(([path]) => /\.tsx?$/.test(path));
  return sources.flatMap(([path, text]) => {
    const imported = [...text.matchAll(/ from "([^"]+)"/g)].map(([, name = ""]) => name);
    return imported.filter((name) => {
      if (name.startsWith(".")) {
        const at = posix.join(posix.dirname(path), name);
        return !files.has(at) && !at.startsWith("gen/");
      }
      const [scope = "", second] = name.split("/");
      const inPackage = scope.startsWith("@") ? `${scope}/${second}` : scope;
      return !name.startsWith("node:") && !(inPackage in installed);
    });
  });
}

describe("every project", () => {
  test.each(notEmpty(COMBINATIONS))("$server, $client, $issuer: is complete", (choices) => {
    const files = composeProject([...listParts(choices), "node"].map(readPart), VALUES);
    const manifest = JSON.parse(files.get("package.json") ?? "");
    const isOpen = [...files].filter(([, text]) => text.includes("{{"));
    expect(isOpen).toEqual([]);

    const installed = { ...manifest.dependencies, ...manifest.devDependencies };
    expect(findMissing(files, installed)).toEqual([]);

    // Their releases are those that the tests of this repository run with.
    const { dependencies, devDependencies, optionalDependencies } = manifest;
    for (const [name, spec] of Object.entries({
      ...dependencies,
      ...devDependencies,
      ...optionalDependencies,
    })) {
      expect(spec, name).toBe(name.startsWith("@countersign/") ? VALUES.version : TESTED[name]);
    }
  });
});
