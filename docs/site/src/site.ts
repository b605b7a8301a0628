import type { Entry } from "./entries.ts";
import type { Section } from "./nav.ts";

/** What the configuration of VitePress is told. */
export interface Site {
  /** The release that the pages are of: `0.1.0`. */
  readonly release: string;
  /** The path that the site is served under, with a slash at both ends. */
  readonly base: string;
  /** The folder that it is written to. */
  readonly outDir: string;
  readonly sidebar: readonly SidebarGroup[];
}

/** A group of links beside the pages. */
export interface SidebarGroup {
  readonly text: string;
  readonly collapsed?: boolean;
  readonly items: readonly { readonly text: string; readonly link: string }[];
}

/** List the pages beside the pages: the guides in the order of the nav, then what is written of the code. */
export function toSidebar(nav: readonly Section[], entries: readonly Entry[]): readonly SidebarGroup[] {
  const guides = nav.map(({ title, pages }) => ({
    text: title,
    items: pages.map((page) => ({
      text: page.title,
      link: `/${page.target.replace(/(?:index)?\.md$/, "")}`,
    })),
  }));
  const reference = [
    { text: "Protos", link: "/protos" },
    ...entries.map(({ name }) => ({ text: name, link: `/api/${name}` })),
  ];
  return [...guides, { text: "Reference", items: reference }];
}
