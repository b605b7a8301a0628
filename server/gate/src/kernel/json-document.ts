import type { Endpoint } from "./endpoint.ts";

/** A public JSON document, such as the key set of an issuer. */
export interface JsonDocument {
  /** Make the document as it is now. */
  readonly read: () => object | Promise<object>;
  /** How long others may keep it, in seconds. Default 300. */
  readonly maxAgeSeconds?: number;
}

const DEFAULT_MAX_AGE_SECONDS = 300;
const ALLOWED_METHODS = "GET, HEAD";
/** How long a browser may remember the answer to a preflight, in seconds: the longest that Chromium accepts. */
const PREFLIGHT_MAX_AGE_SECONDS = 7_200;

/**
 * Create the endpoint of a public JSON document, with `Cache-Control` and `ETag` (RFC 9110 §8.8.3).
 *
 * Scripts of every origin may read it, with whatever header fields: it holds nothing that is not for everyone. When it
 * can't be made, the answer is 503 and nothing may keep it.
 *
 * @param onError receives the reason why it can't be made
 */
export function createJsonDocument(document: JsonDocument, onError: (error: unknown) => void): Endpoint {
  const { read, maxAgeSeconds = DEFAULT_MAX_AGE_SECONDS } = document;
  return async ({ method, headers, signal }) => {
    if (method === "OPTIONS" && headers.has("access-control-request-method")) {
      return new Response(null, { status: 204, headers: PREFLIGHT_FIELDS });
    }
    if (method !== "GET" && method !== "HEAD") {
      return toFailure(405, "method not allowed", { allow: ALLOWED_METHODS });
    }
    let text: string;
    try {
      text = JSON.stringify(await read());
    } catch (error) {
      if (!signal.aborted) {
        onError(error);
      }
      return toFailure(503, "temporarily unavailable");
    }
    const bytes = new TextEncoder().encode(text);
    const etag = `"${await digest(bytes)}"`;
    const found = {
      "cache-control": `public, max-age=${maxAgeSeconds}`,
      "access-control-allow-origin": "*",
      "x-content-type-options": "nosniff",
      etag,
    };
    if (isKnown(headers.get("if-none-match"), etag)) {
      return new Response(null, { status: 304, headers: found });
    }
    const whole = {
      ...found,
      "content-type": "application/json",
      "content-length": String(bytes.byteLength),
    };
    return new Response(method === "HEAD" ? null : text, { headers: whole });
  };
}

const PREFLIGHT_FIELDS = {
  "access-control-allow-origin": "*",
  "access-control-allow-methods": ALLOWED_METHODS,
  "access-control-allow-headers": "*",
  "access-control-max-age": String(PREFLIGHT_MAX_AGE_SECONDS),
};

function toFailure(status: number, error: string, fields: Readonly<Record<string, string>> = {}): Response {
  const headers = { "cache-control": "no-store", "x-content-type-options": "nosniff", ...fields };
  return Response.json({ error }, { status, headers });
}

/** Web Crypto: hosts without the modules of Node serve documents too. */
async function digest(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(hash, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * Check whether a client has the version with this entity tag (RFC 9110 §13.1.2). With its quotes it is no part of
 * another tag.
 */
function isKnown(ifNoneMatch: string | null, etag: string): boolean {
  return ifNoneMatch?.trim() === "*" || ifNoneMatch?.includes(etag) === true;
}
