import { toFactText } from "../errors/facts.ts";
import { describeForeignError } from "../errors/foreign-error.ts";
import { beforeAbort } from "../kernel/before-abort.ts";
import { type Clock, systemClock } from "../kernel/clock.ts";
import { scheduleAwake } from "../kernel/timers.ts";
import { DocumentError } from "./document-error.ts";
import { type HeaderSource, makeHeaders } from "./request-headers.ts";
import { hasCredentials } from "./secure-url.ts";

/** The largest document that is read, in bytes: a key set of 100 large keys is half of it. */
const MAX_DOCUMENT_BYTES = 256 * 1024;
/** How long a fetch may take, headers and body, in milliseconds. Time in which this process stands still does not count. */
const FETCH_TIMEOUT_MS = 3000;

/** A document and how long it may be kept. */
export interface FetchedDocument {
  /** The parsed JSON. */
  readonly json: unknown;
  /** The `max-age` of its Cache-Control, in seconds, if it has one. */
  readonly maxAgeSeconds: number | undefined;
}

/** How the documents of an issuer are fetched. */
export interface FetchOptions {
  /**
   * Header fields to send, such as `authorization`; or a function that makes them for each fetch, for tokens that change.
   * They go to the origin that you configure, and to no other that metadata names. Default: none.
   */
  readonly headers?: HeaderSource | undefined;
  /** A fetch of yours, such as `createFetch` of `@countersign/node`, which can trust a CA. Default: that of the platform. */
  readonly fetch?: typeof globalThis.fetch | undefined;
}

/** What one fetch goes by. */
export interface FetchContext extends FetchOptions {
  /** The time. Default: the machine's. */
  readonly clock?: Clock | undefined;
  /** Gives the fetch up before its time is over. Default: nothing does. */
  readonly stop?: AbortSignal | undefined;
}

/**
 * Fetch a JSON document of an issuer: at most 256 KiB, within 3 seconds, and never redirected to another origin. What
 * arrives later is dropped.
 *
 * @throws DocumentError when it cannot be had
 */
export async function fetchDocument(url: URL, context: FetchContext = {}): Promise<FetchedDocument> {
  const { clock = systemClock, stop } = context;
  const end = new AbortController();
  const giveUp = (): void => end.abort();
  let isLate = false;
  const giveUpLate = (): void => {
    isLate = true;
    giveUp();
  };
  const cancelTimer = scheduleAwake(clock, giveUpLate, { delayMs: FETCH_TIMEOUT_MS });
  stop?.addEventListener("abort", giveUp);
  if (stop?.aborted === true) {
    giveUp();
  }
  try {
    return await beforeAbort(requestDocument(url, context, end.signal), end.signal);
  } catch (cause) {
    throw toDocumentError(url, cause, isLate);
  } finally {
    cancelTimer();
    stop?.removeEventListener("abort", giveUp);
    giveUp(); // what is left of a body that was not read to its end
  }
}

function toDocumentError(url: URL, cause: unknown, isLate: boolean): DocumentError {
  if (cause instanceof DocumentError) {
    return cause;
  }
  const why = isLate
    ? `was not answered within ${FETCH_TIMEOUT_MS / 1000} seconds (timeout)`
    : `cannot be reached: ${describeForeignError(cause)}`;
  return new DocumentError(url, why, { cause });
}

async function requestDocument(
  url: URL,
  options: FetchOptions,
  signal: AbortSignal,
): Promise<FetchedDocument> {
  const response = await fetchSameOrigin(url, options, signal);
  if (!response.ok || response.body === null) {
    drop(response);
    throw new DocumentError(url, `was answered with status ${response.status}`, { status: response.status });
  }
  const text = await readText(url, response.body, signal);
  return { json: parseJson(url, text), maxAgeSeconds: readMaxAge(response.headers.get("cache-control")) };
}

/** Follow redirects by hand, to see where they lead: an open redirect must not choose our keys. */
async function fetchSameOrigin(url: URL, options: FetchOptions, signal: AbortSignal): Promise<Response> {
  const { fetch = globalThis.fetch } = options;
  const headers = await makeHeaders(url, options.headers);
  let target = url;
  for (let hop = 0; hop < 3; hop += 1) {
    signal.throwIfAborted(); // the header fields may have come too late
    const response = await fetch(target, { signal, redirect: "manual", headers });
    if (signal.aborted) {
      drop(response);
      signal.throwIfAborted();
    }
    const location = response.headers.get("location");
    if (response.status < 300 || response.status > 399 || location === null) {
      return response;
    }
    drop(response);
    target = new URL(location, target);
    if (target.origin !== url.origin) {
      throw new DocumentError(url, `is redirected to another origin, ${toFactText(target.origin)}`);
    }
    if (hasCredentials(target)) {
      throw new DocumentError(url, "is redirected to a URL with a user or a password in it");
    }
  }
  throw new DocumentError(url, "is redirected too often");
}

/** Let go of an answer that is not read. Its connection is free then. */
function drop({ body }: Response): void {
  body?.cancel().catch(() => {}); // it is of no use, broken or not
}

async function readText(url: URL, body: ReadableStream<Uint8Array>, signal: AbortSignal): Promise<string> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  const reader = body.getReader();
  signal.addEventListener("abort", () => void reader.cancel().catch(() => {}));
  let text = "";
  let bytes = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) {
      return text + decode(url, () => decoder.decode());
    }
    bytes += value.byteLength;
    if (bytes > MAX_DOCUMENT_BYTES) {
      throw new DocumentError(url, `is larger than ${MAX_DOCUMENT_BYTES} bytes`);
    }
    text += decode(url, () => decoder.decode(value, { stream: true }));
  }
}

function decode(url: URL, work: () => string): string {
  try {
    return work();
  } catch (cause) {
    throw new DocumentError(url, "is not UTF-8", { cause });
  }
}

/** What stands in the document is not repeated. */
function parseJson(url: URL, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new DocumentError(url, text.trimStart().startsWith("<") ? "is HTML, not JSON" : "is not JSON");
  }
}

function readMaxAge(cacheControl: string | null): number | undefined {
  const seconds = /(?:^|[\s,])max-age="?(\d{1,10})/i.exec(cacheControl ?? "")?.[1];
  return seconds === undefined ? undefined : Number(seconds);
}
