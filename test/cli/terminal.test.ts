import { join } from "node:path";
import { expect, test } from "vitest";
import { startProgram } from "../support/program.ts";

const MAIN = join(import.meta.dirname, "../../server/cli/src/main.ts");

test("a reader that stops early ends a command without a complaint", async () => {
  const command = `"${process.execPath}" --conditions=@countersign/source "${MAIN}" policy | head -n 1`;
  await using program = startProgram({ file: "sh", args: ["-c", command] });
  const { code, stdout, stderr } = await program.ended;
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout).toMatch(/^METHOD\s+ACCESS\s+CONDITIONS\s+FROM\n$/);
});
