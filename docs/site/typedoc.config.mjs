// How the reference is made of the sources' doc comments. TypeDoc reads this file by its name.
import { listEntries } from "./src/entries.ts";

const entries = listEntries();

/** @type {import("typedoc").TypeDocOptions} */
export default {
  name: "Reference",
  tsconfig: "typedoc.tsconfig.json",
  entryPoints: entries.map(({ source }) => `../../${source}`),
  plugin: ["typedoc-plugin-markdown", nameModules, dropAnchors],
  out: "dist/pages/api",
  // `npm run check` has a compiler of its own: the one that TypeDoc runs on is older.
  skipErrorChecking: true,
  treatWarningsAsErrors: true,
  readme: "none",
  disableSources: true,
  excludeInternal: true,
  // One page for each entry.
  outputFileStrategy: "modules",
  entryFileName: "index",
  hideBreadcrumbs: true,
  hidePageHeader: true,
  parametersFormat: "table",
  interfacePropertiesFormat: "table",
  classPropertiesFormat: "table",
  typeDeclarationFormat: "table",
  propertyMembersFormat: "table",
  useCodeBlocks: true,
  expandObjects: false,
  tableColumnSettings: { hideModifiers: true, hideInherited: true, hideOverrides: true },
  // Users first: what they call, then what it takes and hands out.
  groupOrder: ["Functions", "Classes", "Variables", "Interfaces", "Type Aliases", "*"],
};

/** Name each module as it is imported, rather than by its folder. */
function nameModules(app) {
  const names = new Map(entries.map(({ name, source }) => [source.replace("/index.ts", ""), name]));
  app.converter.on("resolveBegin", ({ project }) => {
    for (const module of project.children ?? []) {
      module.name = names.get(module.name) ?? module.name;
    }
  });
}

/** Drop the anchors of properties, and links to them: two interfaces of a page may have one of the same name. */
function dropAnchors(app) {
  app.renderer.on("endPage", (page) => {
    page.contents = page.contents
      ?.replace(/<a id="property-[^"]*"><\/a> /g, "")
      .replace(/\[([^\]]*)\]\([^)]*#property-[^)]*\)/g, "$1");
  });
}
