import { readFile, realpath, stat } from "node:fs/promises";
import { extname, join, sep } from "node:path";
import type { PageHandler } from "@countersign/node";

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".ico": "image/x-icon",
  ".jpg": "image/jpeg",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json",
  ".map": "application/json",
  ".md": "text/plain; charset=utf-8",
  ".png": "image/png",
  ".proto": "text/plain; charset=utf-8",
  ".svg": "image/svg+xml",
  ".ts": "text/plain; charset=utf-8",
  ".txt": "text/plain; charset=utf-8",
  ".wasm": "application/wasm",
  ".webmanifest": "application/manifest+json",
  ".webp": "image/webp",
  ".woff2": "font/woff2",
};

/** For a page that loads its own files only, and talks to its own origin only. */
const SECURITY_HEADERS = {
  "content-security-policy": [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "manifest-src 'self'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join("; "),
  "cross-origin-opener-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
} as const;

/** A name that carries the hash of its content, as bundlers write it: `assets/index-BxT3_a9Q.js`. */
const HASHED_NAME = /^\/assets\/.*-[\w-]{8,}\.\w+$/;

/**
 * Serve the files below a directory, and its `index.html` at `/`.
 *
 * Paths that leave the directory, also through a symbolic link, and names that begin with a dot are treated as
 * missing. Files with a hash in their name may be kept for ever, the others must be revalidated.
 */
export function createStaticFiles(directory: string): PageHandler {
  const read = createFileReader(directory);
  return async ({ method, url, headers }) => {
    if (method !== "GET" && method !== "HEAD") {
      return undefined;
    }
    const { pathname } = new URL(url);
    const path = resolveInside(directory, pathname);
    const file = path === undefined ? undefined : await read(path);
    if (path === undefined || file === undefined) {
      return undefined;
    }
    const { etag, body } = file;
    const found = {
      ...SECURITY_HEADERS,
      "cache-control": HASHED_NAME.test(pathname) ? "public, max-age=31536000, immutable" : "no-cache",
      etag,
    };
    if (isKnown(headers.get("if-none-match"), etag)) {
      return new Response(null, { status: 304, headers: found });
    }
    const contentType = CONTENT_TYPES[extname(path)] ?? "application/octet-stream";
    const whole = { ...found, "content-type": contentType, "content-length": String(body.length) };
    return new Response(method === "HEAD" ? null : toStream(body), { headers: whole });
  };
}

/** Check whether a client has the file with this entity tag. With its quotes it is no part of another tag. */
function isKnown(ifNoneMatch: string | null, etag: string): boolean {
  return ifNoneMatch?.trim() === "*" || ifNoneMatch?.includes(etag) === true;
}

const PART_BYTES = 64 * 1024;

/** As a stream: of anything else a response would make a copy of its own, which lasts until its client has taken it. */
function toStream(body: Uint8Array): ReadableStream<Uint8Array> {
  let at = 0;
  return new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        if (at < body.length) {
          controller.enqueue(body.subarray(at, at + PART_BYTES));
        }
        at += PART_BYTES;
        if (at >= body.length) {
          controller.close();
        }
      },
    },
    { highWaterMark: 0 },
  );
}

/** Turn the path of a URL into the path of a file, or `undefined` when it may not be served. */
function resolveInside(directory: string, pathname: string): string | undefined {
  let decoded: string;
  try {
    decoded = decodeURIComponent(pathname);
  } catch {
    return undefined;
  }
  if (decoded.includes("\0") || decoded.includes("\\")) {
    return undefined;
  }
  const segments = decoded.split("/").slice(1);
  if (segments.length === 1 && segments[0] === "") {
    return join(directory, "index.html");
  }
  if (segments.some((segment) => segment === "" || segment.startsWith("."))) {
    return undefined;
  }
  return join(directory, ...segments);
}

interface StaticFile {
  readonly etag: string;
  readonly body: Buffer;
}

/**
 * Read files, and keep what was read: callers that do not take their answers then share one copy of it. What is kept
 * is bounded by the directory, which is the operator's.
 */
function createFileReader(directory: string): (path: string) => Promise<StaticFile | undefined> {
  const kept = new Map<string, StaticFile>();
  return async (path) => {
    try {
      const [root, real] = await Promise.all([realpath(directory), realpath(path)]);
      const found = await stat(real);
      if (!real.startsWith(root + sep) || !found.isFile()) {
        return undefined;
      }
      const etag = `"${found.size.toString(36)}-${Math.trunc(found.mtimeMs).toString(36)}"`;
      const known = kept.get(real);
      if (known?.etag === etag) {
        return known;
      }
      const file = { etag, body: await readFile(real) };
      kept.set(real, file);
      return file;
    } catch {
      // Missing, unreadable, or a name too long for the system: to a stranger it is all the same.
      return undefined;
    }
  };
}
