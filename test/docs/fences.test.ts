import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { runCommand } from "../../server/cli/src/run-command.ts";
import { HELP as CREATE_HELP } from "../../server/create/src/help.ts";
import { recordingTerminal } from "../cli/recording-terminal.ts";
import { notEmpty } from "../support/not-empty.ts";
import { DOCUMENTS, documentOf, ROOT } from "./documents.ts";
import { type Fence, parseAnchors, parseFences, parseLinks, placeOf } from "./markdown.ts";

const PACKAGE: { readonly scripts: Readonly<Record<string, string>> } = JSON.parse(
  readFileSync(join(ROOT, "package.json"), "utf8"),
);

/** How each language of a block is proven; a block that is in none of these is not allowed. */
const PROOFS: Readonly<Record<string, readonly string[]>> = {
  sh: ["by-hand", "fails", "outside"],
  ts: ["browser", "continues", "file", "run", "serve"],
  tsx: ["continues", "file"],
  proto: ["file", "refused"],
  yaml: ["file"],
  json: ["output", "trusted-issuers"],
  haproxy: ["by-hand"],
  nginx: ["by-hand", "file"],
  dockerfile: ["file"],
  ini: ["file"],
  text: ["output"],
};

const fences = DOCUMENTS.flatMap((document) => document.fences);

describe("every block", () => {
  test("is of a language that is tested, and is marked with words that mean something", () => {
    expect(fences.filter((fence) => !isKnown(fence)).map(placeOf)).toEqual([]);
  });

  test("that is an output stands behind something that has one", () => {
    const lost = DOCUMENTS.flatMap(({ fences: own }) =>
      own.filter(({ attributes }, index) => attributes.output !== undefined && !hasOutput(own[index - 1])),
    );
    expect(lost.map(placeOf)).toEqual([]);
  });

  test.each([
    ["is indented", "  ```sh\n  ls\n  ```"],
    ["has no language", "```\nls\n```"],
    ["is not closed", "```sh\nls\n"],
  ])("that %s is refused, because it would go untested", (_, markdown) => {
    expect(() => parseFences("a.md", markdown)).toThrow(/^a\.md:1 /);
  });
});

function isKnown({ language, attributes }: Fence): boolean {
  const allowed = Object.hasOwn(PROOFS, language) ? PROOFS[language] : undefined;
  return allowed !== undefined && Object.keys(attributes).every((name) => allowed.includes(name));
}

function hasOutput(fence: Fence | undefined): boolean {
  if (fence === undefined) {
    return false;
  }
  const { language, attributes } = fence;
  return (
    (language === "sh" && attributes["by-hand"] === undefined) ||
    attributes.run !== undefined ||
    attributes.refused !== undefined
  );
}

/** List the files and folders of the repository that stand in a text as code; in capitals, a part is any name. */
function namedPaths(markdown: string): readonly string[] {
  const found = markdown.matchAll(/`((?:proto|gen|server|sdk|web-demo|test|scripts)\/[\w./-]*)`/g);
  return [...found].flatMap(([, path = ""]) => (/\/[A-Z]+\b/.test(path) ? [] : [path]));
}

describe("links", () => {
  test.each(DOCUMENTS.map(({ path, markdown }) => ({ path, markdown })))(
    "$path names only what is there",
    ({ path, markdown }) => {
      const links = parseLinks(path, markdown).filter(({ target }) => !/^https?:/.test(target));
      const dead = links.filter(({ target }) => !exists(path, target));
      expect(dead.map(({ line, target }) => `${path}:${line} ${target}`)).toEqual([]);
    },
  );

  const named = DOCUMENTS.flatMap(({ path, markdown }) =>
    namedPaths(markdown)
      // A file that the document has its reader make.
      .filter((target) => !markdown.includes(`file=${target}`))
      .map((target) => ({ path, target })),
  );
  test("files and folders that a document names are there", () => {
    expect(named.map(({ target }) => target)).toContain("server/gate/src/connect/error-contract.ts");
    // An example names its own files as a copy of its folder has them.
    const placesOf = ({ path, target }: (typeof named)[number]) => [
      join(ROOT, path.startsWith("docs/examples/") ? dirname(path) : "", target),
      join(ROOT, target),
    ];
    expect(named.filter((one) => !placesOf(one).some(existsSync))).toEqual([]);
  });

  test("a file or a folder of the repository is told from other words", () => {
    const markdown =
      "`server/gate/x.ts` `sdk/` `data/auth.db` `server/cli/src/NAME.ts` `proto → gen` `test/a b`";
    expect(namedPaths(markdown)).toEqual(["server/gate/x.ts", "sdk/"]);
  });

  test("see a missing file, a missing heading, and the picture of a dark page", () => {
    expect(exists("README.md", "docs/nothing.md")).toBe(false);
    expect(exists("README.md", "CONTRIBUTING.md#no-such-heading")).toBe(false);
    expect(exists("README.md", "CONTRIBUTING.md#ten-habits")).toBe(true);
    const links = parseLinks("a.md", '[a](b.md)\n<source srcset="dark.png">\n```sh\n[no](link)\n```');
    expect(links.map(({ target }) => target)).toEqual(["b.md", "dark.png"]);
  });
});

function exists(path: string, target: string): boolean {
  const [file = "", anchor] = target.split("#", 2);
  const found = file === "" ? path : join(dirname(path), file);
  if (!existsSync(join(ROOT, found))) {
    return false;
  }
  return anchor === undefined || parseAnchors(documentOf(found).markdown).has(anchor);
}

describe("drawings", () => {
  const drawings = DOCUMENTS.flatMap(({ path, markdown }) =>
    [...markdown.matchAll(/!\[(.*)\]\((\S+\.svg)\)/g)].map(([, says = "", target = ""]) => ({
      path,
      says,
      target,
    })),
  );

  test.each(notEmpty(drawings))(
    "$target of $path says the same to who cannot see it",
    ({ path, says, target }) => {
      const drawing = readFileSync(join(ROOT, dirname(path), target), "utf8");
      expect(drawing).toContain(`<title>${says}</title>`);
      expect(drawing).toContain("@media (prefers-color-scheme: dark)");
    },
  );
});

describe("what a reader types by hand", () => {
  const lines = fences
    .filter(({ attributes }) => attributes["by-hand"] !== undefined)
    .flatMap(({ text, ...fence }) =>
      text
        .replaceAll("\\\n", " ")
        .split("\n")
        .map((line) => ({ line, place: placeOf({ ...fence, text }) })),
    );

  test.each(notEmpty(lines.filter(({ line }) => /\bnpm (?!install|ci|pack|init|pkg|exec)/.test(line))))(
    "$line is a script ($place)",
    ({ line }) => {
      const [, name = ""] = /\bnpm (?:run )?(\S+)/.exec(line) ?? [];
      expect(Object.keys(PACKAGE.scripts)).toContain(name);
    },
  );

  test.each(notEmpty(lines.filter(({ line }) => line.includes("create-countersign "))))(
    "$line names options of create-countersign that exist ($place)",
    ({ line }) => {
      const [, rest = ""] = /create-countersign (.*)$/.exec(line) ?? [];
      const used = [...rest.matchAll(/(?<=\s)--[a-z-]+/g)].map(([name]) => name);
      expect(used.filter((name) => !CREATE_HELP.includes(`  ${name} `))).toEqual([]);
    },
  );

  test.each(notEmpty(lines.filter(({ line }) => /(?<!create-)countersign /.test(line))))(
    "$line names options that exist ($place)",
    async ({ line }) => {
      const [, command = "", rest = ""] = /countersign (\w+)(.*)$/.exec(line) ?? [];
      const known = new Set([...(await helpOf(command)).matchAll(/--[a-z-]+/g)].map(([name]) => name));
      const used = [...rest.matchAll(/(?<=\s)--[a-z-]+/g)].map(([name]) => name);
      expect(used.filter((name) => !known.has(name))).toEqual([]);
      if (command === "serve") {
        expect(used).toContain("--audience");
      }
    },
  );
});

async function helpOf(command: string): Promise<string> {
  const terminal = recordingTerminal();
  expect(await runCommand([command, "--help"], terminal), terminal.warned.join("\n")).toBe(0);
  return terminal.printed.join("\n");
}
