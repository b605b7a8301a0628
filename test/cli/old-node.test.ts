import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { runProgram } from "../support/program.ts";

const BIN = fileURLToPath(new URL("../../server/cli/bin/countersign.js", import.meta.url));

/** Lets this Node pass for another one. */
const pretend = (node: string): string =>
  `data:text/javascript,Object.defineProperty(process,"versions",{value:{...process.versions,node:"${node}"}})`;

for (const version of ["20.20.2", "24.14.9"]) {
  test(`Node ${version} is told which one is needed, in one line`, async () => {
    const { code, stdout, stderr } = await runProgram({
      file: process.execPath,
      args: ["--import", pretend(version), BIN, "serve"],
    });
    expect({ code, stdout, stderr }).toEqual({
      code: 1,
      stdout: "",
      stderr: `countersign: Node 24.15 or newer is needed, and this is ${version}. See https://nodejs.org\n`,
    });
  });
}
