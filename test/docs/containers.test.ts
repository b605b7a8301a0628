import { createServer } from "node:http";
import { expect, test } from "vitest";
import type { Setting } from "../../server/cli/src/setting.ts";
import { SETTINGS } from "../../server/cli/src/settings.ts";
import { notEmpty } from "../support/not-empty.ts";
import { runProgram } from "../support/program.ts";
import { documentOf } from "./documents.ts";

const { fences } = documentOf("docs/containers.md");
const files = fences.filter(({ attributes }) => attributes.file !== undefined);
/** Variables, and the options of lines that call the server. */
const NAMES = /COUNTERSIGN_[A-Z_]+|(?<=\bserve\b.*)--[a-z-]+|(?<=^ +- )--[a-z-]+/gm;
const named = files.flatMap(({ text, attributes: { file = "" } }) =>
  [...text.matchAll(NAMES)].map(([name]) => ({ file, name })),
);
const settings = Object.values<Setting<unknown>>(SETTINGS).flatMap(({ flag, variable }) => [
  `--${flag}`,
  variable,
]);

test.each(notEmpty(named))("$name in $file is a setting of the server", ({ name }) => {
  expect(settings).toContain(name);
});

test.each([
  [200, 0],
  [503, 1],
])("the health check of the image answers to %i of /readyz with %i", async (status, exitCode) => {
  const dockerfile = files.find(({ attributes }) => attributes.file === "Dockerfile")?.text ?? "";
  const [, command = ""] = /HEALTHCHECK .*CMD (\[.*\])/.exec(dockerfile) ?? [];
  const [file, ...args]: readonly string[] = JSON.parse(command);
  const admin = createServer(({ url }, res) => res.writeHead(url === "/readyz" ? status : 404).end());
  await new Promise<void>((resolve) => void admin.listen(0, "127.0.0.1", resolve));
  const address = admin.address();
  const port = typeof address === "object" ? address?.port : undefined;
  try {
    const here = args.map((arg) => arg.replace("9464", String(port)));
    const { code, stderr } = await runProgram({ file: file === "node" ? process.execPath : "", args: here });
    expect(code, stderr).toBe(exitCode);
  } finally {
    admin.close();
  }
});
