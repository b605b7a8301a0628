import { expect, test } from "vitest";
import { addImportExtension } from "../../../server/cli/src/init/import-extension.ts";
import { notEmpty } from "../../support/not-empty.ts";

const GO = "plugins:\n  - remote: buf.build/protocolbuffers/go\n    out: go\n";

test.each(
  notEmpty([
    ["    opt: target=ts\n", "    opt: target=ts,import_extension=js\n"],
    ["    opt: [target=ts]\n", "    opt: [import_extension=js, target=ts]\n"],
    ["    opt:\n      - target=ts\n", "    opt:\n      - import_extension=js\n      - target=ts\n"],
    ["    opt: import_extension=ts\n", "    opt: import_extension=ts\n"],
  ]),
)("a plugin with %j gets the option", (before, after) => {
  for (const plugin of ["local: protoc-gen-es", "remote: buf.build/bufbuild/es:v2.2.0", "plugin: es"]) {
    const template = (options: string) => `${GO}  - ${plugin}\n    out: gen\n${options}`;
    expect(addImportExtension(template(before), "js")).toBe(template(after));
  }
});

test("a plugin without options gets the option, and others do not", () => {
  const template = `${GO}  - local: protoc-gen-es\n    out: gen\n`;
  expect(addImportExtension(template, "ts")).toBe(
    `${GO}  - local: protoc-gen-es\n    opt: import_extension=ts\n    out: gen\n`,
  );
  expect(addImportExtension(GO, "ts")).toBe(GO);
});
