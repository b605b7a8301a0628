import { describe, expect, test } from "vitest";
import { createTemporaryFolder } from "../support/temporary-folder.ts";
import { compileProjects } from "./compile.ts";
import { parseFences, parseTable } from "./markdown.ts";
import { matchesOutput } from "./output.ts";
import { createProject } from "./project.ts";
import { runShellBlocks } from "./shell.ts";

// What the tests of the documents rest on: a block that is broken is seen to be.

describe("commands", () => {
  const run = async (markdown: string) => {
    await using folder = await createTemporaryFolder();
    return await runShellBlocks(parseFences("a.md", markdown), {
      cwd: folder.path,
      env: {},
      toRun: (text) => text,
    });
  };

  test("see what blocks before them have set", async () => {
    const results = await run("```sh\nA=1\n```\n```sh\necho $A\n```\n");
    expect(results).toMatchObject([{ code: 0 }, { code: 0, stdout: "1\n" }]);
  });

  test("fail when one in the middle fails, in a pipe or not", async () => {
    expect(await run("```sh\nfalse\ntrue\n```\n```sh\nfalse | true\n```\n")).toMatchObject([
      { code: 1 },
      { code: 1 },
    ]);
  });

  test("fail when they are not there, use what is not set, or are no shell", async () => {
    expect(await run("```sh\nno-such-command\n```\n")).toMatchObject([{ code: 127 }]);
    expect(await run("```sh\necho $NOT_SET\n```\n")).toMatchObject([{ code: undefined }]);
    expect(await run("```sh\nif true\n```\n")).toMatchObject([{ code: undefined }]);
  });
});

describe("TypeScript", () => {
  test("is checked, by the line of its document, also where a block continues another", async () => {
    const markdown =
      "```ts\nexport const a = 1;\n```\ntext\n```ts continues\nconst b: string = a;\n```\n```ts\na;\n```\n";
    await using folder = await createTemporaryFolder();
    await using project = await createProject(parseFences("a.md", markdown));
    expect(await compileProjects(folder.path, [project])).toEqual([
      "a.md:6: error TS2322: Type 'number' is not assignable to type 'string'.",
      "a.md:9: error TS2304: Cannot find name 'a'.",
    ]);
  });
});

describe("outputs", () => {
  test("are compared as they stand, but for what is left out", () => {
    expect(matchesOutput('{"a":"…","b":1}', 'x\n{"a":"?","b":1}\n')).toBe(true);
    expect(matchesOutput('{"a":"…","b":1}', '{"a":"?","b":2}')).toBe(false);
    expect(matchesOutput("1.5", "1x5")).toBe(false);
    expect(matchesOutput("a…c", "a\nc")).toBe(false);
    expect(matchesOutput("a\n…\nc", "a\nb\nb\nc")).toBe(true);
  });
});

describe("tables", () => {
  test("are read row by row, below their heading", () => {
    const markdown = "## A\n\n| x |\n|---|\n| no |\n\n## B\n\n| x | y |\n|---|---|\n| `1` | a `b` |\n\nend\n";
    expect(parseTable(markdown, "B")).toEqual([["1", "a `b`"]]);
    expect(() => parseTable(markdown, "C")).toThrow("there is no heading C");
  });
});
