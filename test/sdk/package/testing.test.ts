import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { FAULT_TABLE } from "@countersign/sdk/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { notEmpty } from "../../support/not-empty.ts";
import { createProject, unpack } from "../../support/packages.ts";
import { startProgram } from "../../support/program.ts";
import { createTemporaryFolder, type TemporaryFolder } from "../../support/temporary-folder.ts";

let folder: TemporaryFolder;
beforeAll(async () => {
  folder = await createTemporaryFolder();
});
afterAll(() => folder[Symbol.asyncDispose]());

const RUN = `
import { FAULT_TABLE } from "@countersign/sdk/testing";

for (const { row, name, run } of FAULT_TABLE) {
  const outcome = await run().then(() => "holds", (error) => error);
  console.log(row, outcome === "holds" ? outcome : name + ": " + outcome);
}
`;

test("every row of the packed fault table holds in a project that has the SDK and its peers alone", async () => {
  const project = await createProject({
    folder: join(folder.path, "fresh"),
    published: ["sdk"],
    packages: ["@bufbuild/protobuf", "@connectrpc/connect"],
    files: { "main.js": RUN },
  });
  await using program = startProgram({ file: process.execPath, args: ["main.js"], cwd: project });
  const lines = notEmpty(FAULT_TABLE).map(({ row }) => `${row} holds\n`);
  expect(await program.ended).toEqual({ code: 0, stdout: lines.join(""), stderr: "" });
});

test("only the entry for tests carries the descriptor of WhoAmI: a page does not pay for it", async () => {
  const dist = join(folder.path, "unpacked", "dist");
  await unpack("sdk", join(dist, ".."));
  const scripts = (await readdir(dist, { recursive: true })).filter((name) => name.endsWith(".js"));
  const carriers: string[] = [];
  for (const name of notEmpty(scripts)) {
    const text = await readFile(join(dist, name), "utf8");
    if ([0, 1, 2].some((bytesBefore) => text.includes(toBase64Part("WhoAmIRequest", bytesBefore)))) {
      carriers.push(name);
    }
  }
  expect(carriers).toEqual(["testing/index.js"]);
});

/** What a text looks like in base64 behind some bytes, without the characters that it shares with its neighbours. */
function toBase64Part(text: string, bytesBefore: number): string {
  const encoded = Buffer.from("\0".repeat(bytesBefore) + text).toString("base64");
  return encoded.replace(/=+$/, "").slice(Math.ceil((bytesBefore * 8) / 6), -1);
}
