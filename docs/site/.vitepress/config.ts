import { readFileSync } from "node:fs";
import { defineConfig } from "vitepress";
import { markEmptyHeaders } from "../src/mark-empty-headers.ts";
import type { Site } from "../src/site.ts";
import { toAnchor } from "../src/to-anchor.ts";

const site: Site = JSON.parse(readFileSync(new URL("../dist/site.json", import.meta.url), "utf8"));

export default defineConfig({
  title: "Countersign",
  lang: "en",
  srcDir: "dist/pages",
  outDir: site.outDir,
  base: site.base,
  cacheDir: "dist/cache",
  markdown: {
    anchor: { slugify: toAnchor },
    // Of the built-in pairs, the one whose every colour can be read on its background.
    theme: { light: "github-light-high-contrast", dark: "github-dark-high-contrast" },
    config: (md) => md.core.ruler.push("empty-headers", ({ tokens }) => markEmptyHeaders(tokens)),
    // The nearest that the highlighter knows.
    languageAlias: { haproxy: "nginx" },
  },
  vite: {
    // The index of the search is a chunk of its own, which is loaded when a reader searches.
    build: { chunkSizeWarningLimit: 3_000 },
  },
  themeConfig: {
    siteTitle: "Countersign",
    sidebar: [...site.sidebar],
    outline: [2, 3],
    nav: [
      { text: "Quickstart", link: "/quickstart" },
      { text: "Reference", link: "/api/" },
      { text: site.release, items: [{ text: "All versions", link: "/../versions.html", target: "_self" }] },
    ],
    search: {
      provider: "local",
      options: {
        miniSearch: {
          searchOptions: {
            // A guide explains what the reference lists.
            boostDocument: (id: string) => (/\/(?:api\/|protos)/.test(id) ? 0.2 : 1),
          },
        },
      },
    },
  },
});
