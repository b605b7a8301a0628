import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { findDeadLinks } from "../../docs/site/src/find-dead-links.ts";
import { markEmptyHeaders } from "../../docs/site/src/mark-empty-headers.ts";
import { readNav } from "../../docs/site/src/nav.ts";
import { toSidebar } from "../../docs/site/src/site.ts";
import { toLlms } from "../../docs/site/src/to-llms.ts";
import { toSiteMarkdown } from "../../docs/site/src/to-site-markdown.ts";
import { sortVersions, toNewestPage, toVersion } from "../../docs/site/src/versions.ts";
import { createTemporaryFolder } from "../support/temporary-folder.ts";
import { DOCUMENTS, documentOf, ROOT } from "./documents.ts";
import { parseLinks } from "./markdown.ts";

const nav = readNav();
const paths = nav.flatMap(({ pages }) => pages.map(({ path }) => path));

describe("docs/nav.json", () => {
  test("has every document once", () => {
    expect([...paths].sort()).toEqual(DOCUMENTS.map(({ path }) => path).sort());
  });

  test("has them in the order in which the README leads to them", () => {
    const [, way = ""] = documentOf("README.md").markdown.split("## Find your way");
    const linked = parseLinks("README.md", way).map(({ target }) => target.replace(/#.*/, ""));
    const order = [...new Set(linked)].filter((target) => paths.includes(target));
    const isLinkedElsewhere = (path: string): boolean => /^README|^docs\/examples\/[^/]+\//.test(path);
    expect(paths.filter((path) => !isLinkedElsewhere(path))).toEqual(order);
  });

  test("is what llms.txt says", async () => {
    // Brought up to date with: npm test -- docs/site -u
    await expect(toLlms(nav, ({ path }) => path)).toMatchFileSnapshot(join(ROOT, "llms.txt"));
  });
});

describe("a page of the site", () => {
  const targets = new Map([
    ["README.md", "index.md"],
    ["docs/streams.md", "streams.md"],
    ["docs/examples/cli/README.md", "examples/cli.md"],
    ["proto/errors.proto", "protos.md#errorsproto"],
  ]);

  test.each([
    ["README.md", "[S](docs/streams.md#how)", "[S](./streams.md#how)"],
    ["docs/a.md", "[R](../README.md), [`S`](streams.md)", "[R](./index.md), [`S`](./streams.md)"],
    ["docs/a.md", "[e](../proto/errors.proto)", "[e](./protos.md#errorsproto)"],
    ["docs/examples/cli/README.md", "[S](../../streams.md)", "[S](../streams.md)"],
    ["docs/a.md", "[x](https://example.com) [y](#here)", "[x](https://example.com) [y](#here)"],
    ["docs/a.md", "see [`sdk/`](../sdk)", "see `sdk/`"],
    ["docs/a.md", "```sh\n[S](../README.md)\n```", "```sh\n[S](../README.md)\n```"],
    ["README.md", '<img src="docs/images/a.png">', '<img src="./images/a.png">'],
    [
      "README.md",
      '<picture>\n  <source media="(prefers-color-scheme: dark)" srcset="docs/images/d.svg">\n  <img src="docs/images/l.svg" alt="A">\n</picture>',
      '<img class="on-dark" src="./images/d.svg" alt="A">\n<img class="on-light" src="./images/l.svg" alt="A">',
    ],
  ])("of %s makes of %j what leads somewhere on the site", (path, markdown, expected) => {
    expect(toSiteMarkdown(path, markdown, { targets })).toBe(expected);
  });

  test("leads to the sources where they are published", () => {
    const links = { targets, sources: "https://example.com/it/blob/main" };
    expect(toSiteMarkdown("docs/a.md", "[s](../sdk)", links)).toBe(
      "[s](https://example.com/it/blob/main/sdk)",
    );
  });

  test("stands beside the others, in the order of the nav", () => {
    const [first, ...rest] = toSidebar(nav, [{ name: "@countersign/sdk/node", source: "" }]);
    expect(first?.items.map(({ link }) => link)).toEqual(["/", "/quickstart"]);
    expect(rest.at(-1)?.items.map(({ link }) => link)).toEqual(["/protos", "/api/@countersign/sdk/node"]);
  });
});

test("patches of a version share a folder, and 0.10 is newer than 0.9", () => {
  expect(toVersion("0.10.3")).toBe("0.10");
  expect(sortVersions(["0.9", "assets", "0.10", "index.html", "0.1"])).toEqual(["0.10", "0.9", "0.1"]);
});

test("a table has no header without a name", () => {
  const cell = (content: string) =>
    [{ type: "th_open" }, { type: "inline", content }, { type: "th_close" }].map((token) => ({
      content: "",
      tag: "th",
      ...token,
    }));
  const tokens = [...cell("A"), ...cell("")];
  markEmptyHeaders(tokens);
  expect(tokens.map(({ tag }) => tag)).toEqual(["th", "th", "th", "td", "th", "td"]);
});

test("a link of the built site to no page, or to no heading, is found", async () => {
  await using folder = await createTemporaryFolder();
  await mkdir(join(folder.path, "api"));
  const main = (text: string): string => `<nav><a href="/no"></a></nav><main>${text}</main>`;
  await writeFile(
    join(folder.path, "index.html"),
    main('<h2 id="a"></h2><a href="#a"></a><a href="./b.html"></a>'),
  );
  await writeFile(
    join(folder.path, "api/x.html"),
    main(
      '<a href="/0.1/"></a><a href="./../index.html#a"></a><a href="../#b"></a><a href="https://e.com"></a>',
    ),
  );
  const dead = findDeadLinks(folder.path, "/0.1/");
  expect(dead.toSorted()).toEqual(["api/x.html: ../#b", "index.html: ./b.html"]);
});

test("the page without a version leads to the newest from any address", () => {
  const [target = ""] = /(?<=url=)[^"]*/.exec(toNewestPage("/countersign/0.1/")) ?? [];
  expect(new URL(target, "https://example.com/countersign/not/there").pathname).toBe("/countersign/0.1/");
});
