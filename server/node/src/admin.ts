import {
  assertOptions,
  FUNCTION,
  type OptionForm,
  required,
  withMethods,
} from "@countersign/server/internal";
import { stopUnreadBody, whenParsed } from "./exchange/reject-early.ts";
import type { HttpHandler, HttpRequest, HttpResponse } from "./handler.ts";
import { respond, respondJson, respondMethodNotAllowed } from "./respond.ts";

/** Where the metrics come from. A registry of prom-client has this shape. */
export interface MetricsSource {
  /** The media type of the text. */
  readonly contentType: string;
  /** Write down every metric as it is now. */
  metrics(): Promise<string>;
}

/** What the operator of a server may ask. */
export interface AdminOptions {
  /** The metrics. */
  readonly metrics: MetricsSource;
  /** Check whether the server takes calls now. A throw counts as no. */
  readonly isReady: () => boolean | Promise<boolean>;
  /**
   * Says more about the server, beside whether it is ready: members of the JSON at `/readyz`. What it says changes no status.
   * Default: nothing.
   */
  readonly describe?: () => Readonly<Record<string, unknown>>;
  /** Receives the reason why an answer could not be made. */
  readonly onError?: (error: unknown) => void;
}

const FORMS: Readonly<Record<keyof AdminOptions, OptionForm>> = {
  metrics: required(
    withMethods("metrics"),
    "must be where the metrics are, such as a registry of prom-client",
  ),
  isReady: required(FUNCTION),
  describe: FUNCTION,
  onError: FUNCTION,
};

/**
 * Create the handler of the operator's port: `/livez` (the process answers), `/readyz` (200 when the server takes
 * calls, otherwise 503), and `/metrics` for Prometheus. It has no access rule: bind it where only the operator is.
 *
 * @throws TypeError when an option has no known name, or is missing or not of its kind
 */
export function createAdminHandler(options: AdminOptions): HttpHandler {
  assertOptions("createAdminHandler", options, FORMS);
  const pages: Readonly<Record<string, (res: HttpResponse) => Promise<void> | void>> = {
    "/livez": (res) => respondJson(res, 200, { status: "live" }),
    "/readyz": async (res) => {
      const ready = await options.isReady();
      const status = { status: ready ? "ready" : "not ready" };
      respondJson(res, ready ? 200 : 503, Object.assign({}, status, options.describe?.(), status));
    },
    "/metrics": async (res) => {
      const body = await options.metrics.metrics();
      respond(res, { status: 200, headers: { "content-type": options.metrics.contentType }, body });
    },
  };
  const answer = (req: HttpRequest, res: HttpResponse): void => {
    stopUnreadBody(req, res);
    const path = req.url?.split("?", 1)[0] ?? "";
    const page = Object.hasOwn(pages, path) ? pages[path] : undefined;
    if (page === undefined) {
      respondJson(res, 404, { error: "not found" });
      return;
    }
    if (req.method !== "GET" && req.method !== "HEAD") {
      respondMethodNotAllowed(res, "GET, HEAD");
      return;
    }
    const send = async (): Promise<void> => page(res);
    send().catch((reason: unknown) => {
      options.onError?.(reason);
      respondJson(res, 503, { status: "not ready" });
    });
  };
  return { handle: (req, res) => whenParsed(req, () => answer(req, res)) };
}
