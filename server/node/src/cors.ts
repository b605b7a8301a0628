import { CORS_ALLOWED_HEADERS, CORS_ALLOWED_METHODS, CORS_EXPOSED_HEADERS } from "@countersign/server";
import type { HttpRequest, HttpResponse } from "./handler.ts";
import { respond } from "./respond.ts";

/** How long a browser may remember the answer to a preflight, in seconds: the longest that Chromium accepts. */
const PREFLIGHT_MAX_AGE_SECONDS = 7_200;

/** The rules of cross-origin requests. */
export interface CorsPolicy {
  /** Apply them to one request. */
  apply(req: HttpRequest, res: HttpResponse): "answered" | "continue";
  /** The fields of an answer to a request of an origin, which is no preflight. */
  fieldsFor(origin: string | undefined): Readonly<Record<string, string>>;
}

const NO_FIELDS: Readonly<Record<string, string>> = {};

/**
 * Create the rules for requests of scripts from other origins.
 *
 * A preflight is answered at once and never reaches the gate: browsers send it without credentials. Origins that are
 * not listed get no CORS header, so their browsers keep the answer from them. Cookies are allowed to listed origins.
 *
 * @param allowedOrigins the origins whose scripts may call, such as `https://app.example`; none: same origin only
 * @throws TypeError when an entry is not an origin; `*` and `null` are not
 */
export function createCors(allowedOrigins: readonly string[] = []): CorsPolicy {
  for (const origin of allowedOrigins) {
    assertOrigin(origin);
  }
  const allowed = new Set(allowedOrigins);
  const fieldsFor = (origin: string | undefined): Readonly<Record<string, string>> => {
    if (allowed.size === 0) {
      return NO_FIELDS;
    }
    if (origin === undefined || !allowed.has(origin)) {
      return { vary: "Origin" };
    }
    return {
      vary: "Origin",
      "access-control-allow-origin": origin,
      "access-control-allow-credentials": "true",
      "access-control-expose-headers": CORS_EXPOSED_HEADERS.join(", "),
    };
  };
  return {
    fieldsFor,
    apply(req, res) {
      const { origin } = req.headers;
      for (const [name, value] of Object.entries(fieldsFor(origin))) {
        res.setHeader(name, value);
      }
      if (!isPreflight(req)) {
        return "continue";
      }
      if (origin !== undefined && allowed.has(origin)) {
        res.setHeader("access-control-allow-methods", CORS_ALLOWED_METHODS.join(", "));
        res.setHeader("access-control-allow-headers", CORS_ALLOWED_HEADERS.join(", "));
        res.setHeader("access-control-max-age", String(PREFLIGHT_MAX_AGE_SECONDS));
      }
      respond(res, { status: 204 });
      return "answered";
    },
  };
}

function isPreflight(req: HttpRequest): boolean {
  return (
    req.method === "OPTIONS" &&
    req.headers.origin !== undefined &&
    req.headers["access-control-request-method"] !== undefined
  );
}

function assertOrigin(text: string): void {
  if (!URL.canParse(text) || new URL(text).origin !== text) {
    throw new TypeError(`"${text}" is not an origin such as https://app.example`);
  }
}
