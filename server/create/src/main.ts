import { readFileSync } from "node:fs";
import { createInterface } from "node:readline/promises";
import { readUserNode } from "./needed-node.ts";
import { runCommand } from "./run-command.ts";
import type { Ask } from "./settle-choices.ts";

const { version }: { readonly version: string } = JSON.parse(
  readFileSync(new URL("../package.json", import.meta.url), "utf8"),
);
const { stdin, stdout, stderr } = process;
const isTerminal = stdin.isTTY && stdout.isTTY;

const breakOff = () => process.exit(130);
// One for all questions: it may have read the next answer already.
const lines = isTerminal ? createInterface({ input: stdin, output: stdout }) : undefined;
// Ctrl-C and Ctrl-D close it, and leave the question unanswered for ever.
lines?.once("close", breakOff);

const ask: Ask | undefined =
  lines &&
  (async (question, fallback = "") => {
    const hint = fallback === "" ? "" : ` (${fallback})`;
    return (await lines.question(`${question}${hint}: `)).trim() || fallback;
  });

process.exitCode = await runCommand(process.argv.slice(2), {
  machine: {
    node: readUserNode(process.env.npm_config_user_agent, process.versions.node),
    platform: process.platform,
    arch: process.arch,
  },
  ask,
  version,
  print: (text) => void stdout.write(text),
  printError: (text) => void stderr.write(text),
});
lines?.off("close", breakOff).close();
