import { absoluteUrl } from "../core/origin.ts";

/** All streams that are open, of all sessions of the page. */
const open = new Set<{ readonly origin: string }>();
let isWarned = false;

/** With two more, a browser that speaks HTTP/1.1 has no connection left for renewals. */
const TOO_MANY = 4;

/**
 * Count a stream, and warn in the console, once, when it is the fourth to its origin over HTTP/1.1: browsers open six
 * connections to an origin, for all tabs together, and a page cannot see those of the others.
 *
 * @returns what to call when the stream is over
 */
export function warnOfConnections(url: string): () => void {
  const { origin } = new URL(absoluteUrl(url));
  const stream = { origin };
  open.add(stream);
  const count = [...open].filter((each) => each.origin === origin).length;
  if (!isWarned && count >= TOO_MANY && isHttp1(origin)) {
    isWarned = true;
    // biome-ignore lint/suspicious/noConsole: no call fails yet, so no error can carry it
    console.warn(`countersign: ${TOO_MANY} streams to ${origin} over HTTP/1.1: use HTTP/2`);
  }
  return () => open.delete(stream);
}

/**
 * Check whether an origin is known to speak HTTP/1.1. In plain text browsers speak nothing else. Over TLS a browser
 * lists complete responses, those of other origins only if they allow it: of the page and of earlier calls.
 */
function isHttp1(origin: string): boolean {
  // Not all entries have the property; the type of `getEntries` leaves it out.
  const entries = performance.getEntries() as PerformanceResourceTiming[];
  return (
    origin.startsWith("http:") ||
    entries.some((each) => each.name.startsWith(`${origin}/`) && each.nextHopProtocol === "http/1.1")
  );
}
