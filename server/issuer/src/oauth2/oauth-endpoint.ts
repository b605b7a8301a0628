import type { HttpRequest, HttpResponse, RequestHandler } from "@countersign/node";
import { isGone, respond, stopUnreadBody } from "@countersign/node/internal";
import { type Form, readForm } from "./form.ts";
import { OAuthError, toOAuthError } from "./oauth-error.ts";

/** A request to an OAuth endpoint, with its parameters. */
export interface OAuthRequest {
  readonly req: HttpRequest;
  readonly form: Form;
  /** Where it comes from, in the form that limits count by. */
  readonly peer: string;
}

/** What all OAuth endpoints need. */
export interface OAuthEndpointOptions {
  /** Says where a request comes from. */
  readonly peerOf: (req: HttpRequest) => string;
  /** Told what went wrong that no caller is told. */
  readonly onError: (error: unknown) => void;
}

/** Answers a request: an object becomes JSON; undefined, an empty body. */
export type OAuthAnswer = (request: OAuthRequest) => Promise<object | undefined>;

/** What RFC 6749 §5.1 asks of every answer with tokens; nothing here is for caches. */
const NO_STORE = { "cache-control": "no-store", pragma: "no-cache" } as const;

/** Create an endpoint that takes forms by POST, and answers errors as RFC 6749 §5.2 says. */
export function createOAuthEndpoint(options: OAuthEndpointOptions, answer: OAuthAnswer): RequestHandler {
  const serve = async (req: HttpRequest, res: HttpResponse): Promise<void> => {
    if (req.method !== "POST") {
      res.setHeader("allow", "POST");
      throw new OAuthError("invalid_request", "the method must be POST", { status: 405 });
    }
    const form = await readForm(req);
    const body = await answer({ req, form, peer: options.peerOf(req) });
    send(res, 200, body);
  };
  return (req, res) => {
    serve(req, res).catch((reason: unknown) => {
      const known = toOAuthError(reason);
      if (known === undefined && !isGone(res)) options.onError(reason);
      const error = known ?? new OAuthError("server_error", "internal error", { status: 500 });
      for (const [name, value] of Object.entries(error.headers)) {
        if (value !== undefined) res.setHeader(name, value);
      }
      stopUnreadBody(req, res);
      const description = toDescription(error.message);
      send(res, error.status, { error: error.code, error_description: description });
    });
  };
}

function send(res: HttpResponse, status: number, body: object | undefined): void {
  respond(res, {
    status,
    headers: { ...NO_STORE, ...(body === undefined ? {} : { "content-type": "application/json" }) },
    ...(body === undefined ? { body: "" } : { body: `${JSON.stringify(body)}\n` }),
  });
}

/** Keep to the characters that RFC 6749 §5.2 allows. */
function toDescription(text: string): string {
  return text.replace(/[^\x20\x21\x23-\x5b\x5d-\x7e]/g, "");
}
