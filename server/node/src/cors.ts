import { CORS_ALLOWED_HEADERS, CORS_ALLOWED_METHODS, CORS_EXPOSED_HEADERS } from "@countersign/server";
import { assertOrigins } from "@countersign/server/internal";
import { stopUnreadBody, whenParsed } from "./exchange/reject-early.ts";
import { assertFieldNames } from "./field-names.ts";
import type { HttpRequest, HttpResponse } from "./handler.ts";
import { respond } from "./respond.ts";

/** How long a browser may remember the answer to a preflight, in seconds: the longest that Chromium accepts. */
const PREFLIGHT_MAX_AGE_SECONDS = 7_200;

/** Which scripts of other origins may call, and with what. */
export interface CorsOptions {
  /**
   * The origins whose scripts may call, such as `https://app.example`. Those of apps are allowed, such as
   * `capacitor://localhost`; wildcards are not. Default: none but the server's own.
   */
  readonly allowedOrigins?: readonly string[] | undefined;
  /**
   * The request headers that they may send beside `CORS_ALLOWED_HEADERS`, such as `traceparent`, `baggage` and
   * `sentry-trace`. Default: none.
   */
  readonly allowedHeaders?: readonly string[] | undefined;
}

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
 * @throws TypeError when an entry is not an origin, `*` and `null` among them, or not the name of a header
 */
export function createCors({ allowedOrigins = [], allowedHeaders = [] }: CorsOptions = {}): CorsPolicy {
  assertOrigins("allowedOrigins", allowedOrigins);
  assertFieldNames("allowedHeaders", allowedHeaders);
  const allowed = new Set(allowedOrigins);
  const headers = [...CORS_ALLOWED_HEADERS, ...allowedHeaders].join(", ");
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
        res.setHeader("access-control-allow-headers", headers);
        res.setHeader("access-control-max-age", String(PREFLIGHT_MAX_AGE_SECONDS));
      }
      whenParsed(req, () => {
        stopUnreadBody(req, res);
        respond(res, { status: 204 });
      });
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
