import type { Revoked } from "../../revoked/revoked.ts";
import { MAX_CONTENT_BYTES } from "./peer-seal.ts";

/** The JSON of a page has so much room, beside who has sent it and for what. */
const PAGE_BYTES = MAX_CONTENT_BYTES - 250;

/** Cut revocations into pages that fit into a message. One that fits into none is left out. */
export function toPages(revoked: readonly Revoked[]): readonly (readonly Revoked[])[] {
  const pages: Revoked[][] = [];
  let page: Revoked[] = [];
  let bytes = 0;
  for (const one of revoked) {
    const length = new TextEncoder().encode(JSON.stringify(one)).length + 1;
    if (length > PAGE_BYTES) {
      continue;
    }
    if (bytes + length > PAGE_BYTES) {
      pages.push(page);
      page = [];
      bytes = 0;
    }
    page.push(one);
    bytes += length;
  }
  return [...pages, page];
}
