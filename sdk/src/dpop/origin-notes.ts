import { absoluteUrl } from "../core/origin.ts";

/** What the servers of one origin have said. */
export interface OriginNote {
  /** What they want in the next proof, if anything. */
  readonly nonce?: string | undefined;
  /** How far their clock is ahead of this machine's, in milliseconds. Differences that servers bear with count as none. */
  readonly skewMs: number;
}

/** What servers have said, by the origins of URLs. */
export interface OriginNotes {
  /** Look up what is known of the origin of a URL. */
  readonly of: (url: string) => OriginNote;
  /** Take in the headers of an answer. */
  readonly note: (url: string, answer: Headers) => void;
}

/** Sessions have a few origins: more than that come of a program that makes up names. */
const MAX_ORIGINS = 100;
/** Longer than any that is made, and short enough for a header. */
const NONCE = /^[!#-[\]-~]{1,512}$/;
/** How far off a proof may be and still be taken, with time to spare for the way. */
const TOLERANCE_MS = 20_000;

/** Create notes that know nothing yet. */
export function createOriginNotes(): OriginNotes {
  const notes = new Map<string, OriginNote>();
  const of = (url: string): OriginNote => notes.get(originOf(url)) ?? { skewMs: 0 };
  return {
    of,
    note(url, answer) {
      const before = of(url);
      const nonce = answer.get("dpop-nonce") ?? "";
      const skewMs = readSkewMs(answer) ?? before.skewMs;
      const next = { nonce: NONCE.test(nonce) ? nonce : before.nonce, skewMs };
      if (next.nonce === before.nonce && skewMs === before.skewMs) {
        return;
      }
      if (notes.size >= MAX_ORIGINS) {
        notes.clear();
      }
      notes.set(originOf(url), next);
    },
  };
}

/** Read by how much a server's clock is ahead. Pages of other origins are not shown it, and caches keep an old one. */
function readSkewMs(answer: Headers): number | undefined {
  const atMs = answer.has("age") ? Number.NaN : Date.parse(answer.get("date") ?? "");
  const skewMs = atMs - Date.now();
  if (Number.isNaN(skewMs)) {
    return undefined;
  }
  return Math.abs(skewMs) > TOLERANCE_MS ? Math.round(skewMs / 1_000) * 1_000 : 0;
}

function originOf(url: string): string {
  return resolveUrl(url).split("/", 3).join("/");
}

/** Make the address of a call absolute: it may count from the page. */
export function resolveUrl(url: string): string {
  return url.startsWith("http") ? url : absoluteUrl(url);
}
