import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { type ProgramOptions, runProgram, startProgram } from "../support/program.ts";
import { createTemporaryFolder } from "../support/temporary-folder.ts";

const SCRIPT = fileURLToPath(new URL("../../scripts/setup.mjs", import.meta.url));

const setup = (args: readonly string[], env: Readonly<Record<string, string>> = {}): ProgramOptions => ({
  file: process.execPath,
  args: [SCRIPT, ...args],
  env,
});

describe("npm start, when everything is installed and built", () => {
  test("installs and builds nothing again, passes SIGTERM on, and ends as the server ends", async () => {
    await using folder = await createTemporaryFolder();
    const env = { COUNTERSIGN_DATA_DIR: folder.path };
    await using program = startProgram(setup(["start", "--port", "0", "--admin-port", "0"], env));
    const [, address = ""] = await program.untilPrinted(/ready: (http:\S+)/);
    expect(program.output().stdout).not.toMatch(/^countersign: (installing|building)/m);
    expect((await fetch(address)).headers.get("content-type")).toContain("text/html");

    expect((await program.end("SIGTERM")).code).toBe(0);
    await expect(fetch(address)).rejects.toThrow();
  });

  test("hands arguments and exit codes through", async () => {
    const { code, stderr } = await runProgram(setup(["start", "--no-such-option"]));
    expect(code).toBe(2);
    expect(stderr).toContain("no-such-option");
  });
});

describe("scripts/setup.mjs", () => {
  test("says which commands there are", async () => {
    const { code, stderr } = await runProgram(setup(["stop"]));
    expect(code).toBe(1);
    expect(stderr).toBe(
      "countersign: usage: node scripts/setup.mjs <start|build|pack|docs|release|example|test|test:benches|test:alerts|test:browsers|test:examples|test:site|test:runtimes|test:templates> [args…]\n",
    );
  });

  test("does not test with another browser than the one that was asked for", async () => {
    const { code, stderr } = await runProgram(setup(["test"], { CHROMIUM_PATH: "/nowhere/chromium" }));
    expect(code).toBe(1);
    expect(stderr).toBe("countersign: CHROMIUM_PATH is /nowhere/chromium, but that does not run\n");
  });
});
