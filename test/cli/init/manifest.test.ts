import { expect, test } from "vitest";
import { writeGuardFile } from "../../../server/cli/src/init/guard-file.ts";
import {
  addDependencies,
  addTestFile,
  findRunner,
  raiseProtobuf,
} from "../../../server/cli/src/init/manifest.ts";
import { notEmpty } from "../../support/not-empty.ts";

test.each(
  notEmpty([
    ["^2.6.0", "^2.17.0"],
    ["2.16.1", "^2.17.0"],
    ["^2.17.0", "^2.17.0"],
    ["^2.20.0", "^2.20.0"],
    ["^1.10.0", "^1.10.0"],
    ["workspace:*", "workspace:*"],
  ]),
)("Protobuf-ES %s becomes %s", (before, after) => {
  const text = (range: string) => `{ "dependencies": {"@bufbuild/protobuf":  "${range}"} }`;
  expect(raiseProtobuf(text(before))).toBe(text(after));
});

test("the gate is added once, and the indentation stays", () => {
  const added = addDependencies('{\n\t"dependencies": {\n\t\t"zod": "1.0.0"\n\t}\n}\n', "1.2.3");
  expect(added).toMatch(
    /^\{\n\t"dependencies": \{\n\t\t"@bufbuild\/protobuf": "[^"]+",\n\t\t"@countersign\/server": "1.2.3",/,
  );
  expect(addDependencies(added, "2.0.0")).toBe(added);
});

test.each(
  notEmpty([
    ["node --test a.test.ts b.test.ts", "node --test a.test.ts b.test.ts c.test.ts"],
    ["vitest run src/a.test.ts --bail 1", "vitest run src/a.test.ts c.test.ts --bail 1"],
    ['node --test "test/*.test.ts"', 'node --test "test/*.test.ts"'],
    ["vitest", "vitest"],
  ]),
)("the script %j becomes %j", (before, after) => {
  const changed = addTestFile(JSON.stringify({ scripts: { test: before } }), "c.test.ts");
  expect(JSON.parse(changed).scripts.test).toBe(after);
});

test.each(
  notEmpty([
    [{ devDependencies: { vitest: "3" } }, "vitest"],
    [{ scripts: { test: "node --import tsx --test" } }, "node"],
    [
      { devDependencies: { jest: "30" }, scripts: { test: "node --experimental-vm-modules jest.js" } },
      "jest",
    ],
    // It loads no ES modules.
    [{ devDependencies: { jest: "30" }, scripts: { test: "jest" } }, undefined],
    [{ scripts: { test: "tap" } }, undefined],
  ] as const),
)("%j runs its tests with %s", (manifest, expected) => {
  expect(findRunner(manifest, "")).toBe(expected);
});

test("services of one name are told apart", () => {
  const service = (version: string) => ({
    name: "Health",
    specifier: `./${version}_pb.js`,
    isAnnotated: true,
  });
  const text = writeGuardFile({
    services: [service("v1"), service("v2")],
    issuer: "https://login.example.com",
    audience: "shop",
    isTypeScript: false,
  });
  expect(text).toContain('import { Health as Health2 } from "./v2_pb.js";');
  expect(text).toContain("export const services = [Health, Health2];");
  expect(text).not.toContain("AuthOptions");
});
