import { readdir } from "node:fs/promises";
import { expect, test } from "vitest";
import { readCommandLine } from "../../server/cli/src/config.ts";
import { runProgram } from "../support/program.ts";
import { ONE_WAY } from "./one-way.ts";

// These tests run twice: once as users have it, and once in the project "connect-handler".
const VARIABLE = "COUNTERSIGN_UNARY_FAST_PATH";

test("every program that the tests start handles unary calls in the way of this run", async () => {
  const { stdout } = await runProgram({
    file: process.execPath,
    args: ["-p", `JSON.stringify(process.env)`],
    env: { COUNTERSIGN_HOST: "::1" },
  });
  const env: Record<string, string> = JSON.parse(stdout);
  expect(env[VARIABLE]).toBe(process.env[VARIABLE]);
  expect(readCommandLine([], env).config.unaryFastPath).toBe(process.env[VARIABLE] !== "off");
  // Nothing else of the machine's own settings gets through.
  const passed = Object.keys(env).filter((name) => name.startsWith("COUNTERSIGN_"));
  expect(passed.filter((name) => name !== VARIABLE)).toEqual(["COUNTERSIGN_HOST"]);
});

test("every file that runs on one way only is there", async () => {
  const names = await readdir(import.meta.dirname);
  expect(Object.keys(ONE_WAY).filter((name) => !names.includes(name))).toEqual([]);
});
