import { createHash } from "node:crypto";
import type { HttpRequest, HttpResponse } from "./handler.ts";
import { respond, respondJson, respondMethodNotAllowed } from "./respond.ts";

/** A public JSON document, such as the key set of an issuer. */
export interface JsonDocument {
  /** Make the document as it is now. */
  readonly read: () => object | Promise<object>;
  /** How long others may keep it, in seconds. Default 300. */
  readonly maxAgeSeconds?: number;
}

const DEFAULT_MAX_AGE_SECONDS = 300;

/**
 * Answer a request for a public JSON document, with `Cache-Control` and `ETag` (RFC 9110 §8.8.3).
 *
 * Scripts of every origin may read it: it holds nothing that is not for everyone. When it can't be made, the answer
 * is 503 and nothing may keep it.
 *
 * @throws whatever the document's `read` throws, after the answer was sent
 */
export async function serveDocument(
  req: HttpRequest,
  res: HttpResponse,
  document: JsonDocument,
): Promise<void> {
  if (req.method !== "GET" && req.method !== "HEAD") {
    respondMethodNotAllowed(res, "GET, HEAD");
    return;
  }
  let body: string;
  try {
    body = JSON.stringify(await document.read());
  } catch (cause) {
    respondJson(res, 503, { error: "temporarily unavailable" });
    throw cause;
  }
  const etag = `"${createHash("sha256").update(body).digest("base64url")}"`;
  const headers = {
    "cache-control": `public, max-age=${document.maxAgeSeconds ?? DEFAULT_MAX_AGE_SECONDS}`,
    "access-control-allow-origin": "*",
    etag,
  };
  if (isFresh(req, etag)) {
    respond(res, { status: 304, headers });
    return;
  }
  respond(res, { status: 200, headers: { ...headers, "content-type": "application/json" }, body });
}

/** Say whether the caller already has the version with this entity tag (RFC 9110 §13.1.2). */
export function isFresh(req: HttpRequest, etag: string): boolean {
  const known = req.headers["if-none-match"];
  if (known === undefined) return false;
  return known.split(",").some((tag) => tag.trim() === "*" || tag.trim().replace(/^W\//, "") === etag);
}
