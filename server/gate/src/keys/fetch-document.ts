/** The largest document that is read, in bytes: a key set of 100 large keys is half of it. */
const MAX_DOCUMENT_BYTES = 256 * 1024;
/** How long a fetch may take, headers and body, in milliseconds. */
const FETCH_TIMEOUT_MS = 3000;

/** A document and how long it may be kept. */
export interface FetchedDocument {
  /** The parsed JSON. */
  readonly json: unknown;
  /** The `max-age` of its Cache-Control, in seconds, if it has one. */
  readonly maxAgeSeconds: number | undefined;
}

/** The document was answered with a status that is not a success. */
export class DocumentStatusError extends Error {
  override readonly name = "DocumentStatusError";
  /** The status of HTTP. */
  readonly status: number;

  /** @param status the status of HTTP */
  constructor(status: number) {
    super(`the document was answered with status ${status}`);
    this.status = status;
  }
}

/**
 * Fetch a JSON document of an issuer: at most 256 KiB, within 3 seconds, and never redirected to another origin.
 *
 * @throws DocumentStatusError when it is answered with another status than a success
 * @throws Error when it cannot be had for any other reason
 */
export async function fetchDocument(url: URL): Promise<FetchedDocument> {
  const signal = AbortSignal.timeout(FETCH_TIMEOUT_MS);
  const response = await fetchSameOrigin(url, signal);
  if (!response.ok || response.body === null) {
    await response.body?.cancel();
    throw new DocumentStatusError(response.status);
  }
  const json: unknown = JSON.parse(await readText(response.body));
  return { json, maxAgeSeconds: readMaxAge(response.headers.get("cache-control")) };
}

/** Follow redirects by hand, to see where they lead: an open redirect must not choose our keys. */
async function fetchSameOrigin(url: URL, signal: AbortSignal): Promise<Response> {
  let target = url;
  for (let hop = 0; hop < 3; hop += 1) {
    const response = await fetch(target, {
      signal,
      redirect: "manual",
      headers: { accept: "application/json" },
    });
    const location = response.headers.get("location");
    if (response.status < 300 || response.status > 399 || location === null) {
      return response;
    }
    await response.body?.cancel();
    target = new URL(location, target);
    if (target.origin !== url.origin) {
      throw new Error("the document is redirected to another origin");
    }
  }
  throw new Error("the document is redirected too often");
}

async function readText(body: ReadableStream<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let text = "";
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.byteLength;
    if (bytes > MAX_DOCUMENT_BYTES) {
      throw new Error(`the document is larger than ${MAX_DOCUMENT_BYTES} bytes`);
    }
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

function readMaxAge(cacheControl: string | null): number | undefined {
  const seconds = /(?:^|[\s,])max-age="?(\d{1,10})/i.exec(cacheControl ?? "")?.[1];
  return seconds === undefined ? undefined : Number(seconds);
}
