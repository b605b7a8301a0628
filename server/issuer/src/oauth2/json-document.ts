import { createHash } from "node:crypto";
import type { Endpoint } from "@countersign/server";
import { toJsonResponse } from "./json-response.ts";

/** A public JSON document, such as the key set of an issuer. */
export interface JsonDocument {
  /** Make the document as it is now. */
  readonly read: () => object | Promise<object>;
  /** How long others may keep it, in seconds. Default 300. */
  readonly maxAgeSeconds?: number;
}

const DEFAULT_MAX_AGE_SECONDS = 300;

/**
 * Create the endpoint of a public JSON document, with `Cache-Control` and `ETag` (RFC 9110 §8.8.3).
 *
 * Scripts of every origin may read it: it holds nothing that is not for everyone. When it can't be made, the answer
 * is 503 and nothing may keep it.
 *
 * @param onError receives the reason why it can't be made
 */
export function createJsonDocument(document: JsonDocument, onError: (error: unknown) => void): Endpoint {
  const { read, maxAgeSeconds = DEFAULT_MAX_AGE_SECONDS } = document;
  return async ({ method, headers, signal }) => {
    if (method !== "GET" && method !== "HEAD") {
      return toJsonResponse(
        { error: "method not allowed" },
        { status: 405, headers: { allow: "GET, HEAD" } },
      );
    }
    let text: string;
    try {
      text = JSON.stringify(await read());
    } catch (error) {
      if (!signal.aborted) {
        onError(error);
      }
      return toJsonResponse({ error: "temporarily unavailable" }, { status: 503 });
    }
    const etag = `"${createHash("sha256").update(text).digest("base64url")}"`;
    const found = {
      "cache-control": `public, max-age=${maxAgeSeconds}`,
      "access-control-allow-origin": "*",
      "x-content-type-options": "nosniff",
      etag,
    };
    if (isKnown(headers.get("if-none-match"), etag)) {
      return new Response(null, { status: 304, headers: found });
    }
    const length = String(Buffer.byteLength(text));
    const whole = { ...found, "content-type": "application/json", "content-length": length };
    return new Response(method === "HEAD" ? null : text, { headers: whole });
  };
}

/**
 * Check whether a client has the version with this entity tag (RFC 9110 §13.1.2). With its quotes it is no part of
 * another tag.
 */
function isKnown(ifNoneMatch: string | null, etag: string): boolean {
  return ifNoneMatch?.trim() === "*" || ifNoneMatch?.includes(etag) === true;
}
