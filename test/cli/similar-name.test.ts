import { describe, expect, test } from "vitest";
import { runCommand } from "../../server/cli/src/run-command.ts";
import { findSimilarName } from "../../server/cli/src/similar-name.ts";
import { listMisspeltVariables } from "../../server/cli/src/variables.ts";
import { recordingTerminal } from "./recording-terminal.ts";

const KNOWN = ["audience", "audit-file", "data-dir", "database-url", "scope", "no-scopes", "jwksUri", "port"];

describe("findSimilarName", () => {
  const meant = [
    ["audiance", "audience"],
    ["audeince", "audience"],
    ["aud", "audience"],
    ["datadir", "data-dir"],
    ["data_dir", "data-dir"],
    ["DATA-DIR", "data-dir"],
    ["database", "database-url"],
    ["scopes", "scope"],
    ["no-scope", "no-scopes"],
    ["jwks_uri", "jwksUri"],
    ["prot", "port"],
    ["por", "port"],
  ] as const;
  test.each(meant)("takes %s for %s", (typed, known) => {
    expect(findSimilarName(typed, KNOWN)).toBe(known);
  });

  test.each(["x", "da", "verbose", "help-me", "", "constructor", "audience".repeat(9)])(
    "takes %j for nothing",
    (typed) => {
      expect(findSimilarName(typed, KNOWN)).toBeUndefined();
    },
  );
});

describe("a variable that is like a setting and is none", () => {
  test("is named, with the setting; those that are like none are left alone", () => {
    const env = { COUNTERSIGN_AUDIANCE: "x", COUNTERSIGN_PORT: "1", COUNTERSIGN_NOTES: "x", PORT: "1" };
    expect(listMisspeltVariables(env)).toEqual([
      "the variable COUNTERSIGN_AUDIANCE is no setting: did you mean COUNTERSIGN_AUDIENCE?",
    ]);
    expect(listMisspeltVariables({ ...env, COUNTERSIGN_WORKER_ORIGIN: "http://127.0.0.1:1" })).toEqual([]);
  });

  test("is warned of by every command, without its value", async () => {
    const terminal = recordingTerminal({ env: { COUNTERSIGN_SECRETFILE: "hunter2" } });
    await runCommand(["user", "list", "--data-dir", "/nowhere"], terminal);
    expect(terminal.warned[0]).toBe(
      "countersign user: the variable COUNTERSIGN_SECRETFILE is no setting: did you mean COUNTERSIGN_SECRET_FILE?",
    );
    expect(terminal.warned.join("\n")).not.toContain("hunter2");
  });
});
