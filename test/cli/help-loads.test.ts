import { join } from "node:path";
import { expect, test } from "vitest";
import { runProgram } from "../support/program.ts";

const RUN_COMMAND = join(import.meta.dirname, "../../server/cli/src/run-command.ts");
const TERMINAL = join(import.meta.dirname, "recording-terminal.ts");

/** Lists what a command loads, beside what Node brings. */
const PROGRAM = `
import { registerHooks } from "node:module";
const urls = [];
registerHooks({ load: (url, context, next) => { urls.push(url); return next(url, context); } });
const { runCommand } = await import(process.argv[1]);
const { recordingTerminal } = await import(process.argv[2]);
const code = await runCommand(process.argv.slice(3), recordingTerminal());
console.log(JSON.stringify({ code, urls: urls.filter((url) => url.startsWith("file:")) }));
`;

/** Run a command in a process of its own. */
async function load(
  args: readonly string[],
): Promise<{ readonly code: number; readonly others: readonly string[] }> {
  const node = ["--conditions=@countersign/source", "--input-type=module", "--eval", PROGRAM];
  const { stdout, stderr } = await runProgram({
    file: process.execPath,
    args: [...node, "--", RUN_COMMAND, TERMINAL, ...args],
  });
  expect(stderr).toBe("");
  const { code, urls } = JSON.parse(stdout) as { readonly code: number; readonly urls: readonly string[] };
  return { code, others: urls.filter((url) => !url.includes("/server/cli/src/") && !url.includes("/test/")) };
}

test.each([
  { args: ["--help"], code: 0 },
  { args: ["--version"], code: 0 },
  { args: ["serve", "--help"], code: 0 },
  { args: ["help", "user"], code: 0 },
  { args: ["user", "add"], code: 2 },
  { args: ["serve", "--audiance", "x"], code: 2 },
])("countersign $args loads no package: it is there at once", async ({ args, code }) => {
  expect(await load(args)).toEqual({ code, others: [] });
});

test("what is asked of a store loads the issuer", async () => {
  const { others } = await load(["user", "list", "--data-dir", "/nowhere"]);
  expect(others.filter((url) => url.includes("/server/issuer/"))).not.toHaveLength(0);
});
