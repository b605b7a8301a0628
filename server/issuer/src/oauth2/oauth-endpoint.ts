import {
  AuthError,
  type ClientCertificate,
  type Clock,
  type Endpoint,
  type EndpointContext,
} from "@countersign/server";
import {
  type ByteBudget,
  findKeySourceError,
  isolateSink,
  toJsonResponse,
  toQuotable,
} from "@countersign/server/internal";
import { type Form, readForm } from "./form.ts";
import { OAuthError, toOAuthError } from "./oauth-error.ts";

/** A request to an OAuth endpoint, with its parameters. */
export interface OAuthRequest {
  readonly headers: Headers;
  readonly form: Form;
  /** Where it comes from, in the form that limits count by; empty when its host does not say. */
  readonly peer: string;
  /** The certificate that the client has shown; undefined: none, or its host does not say. */
  readonly certificate: ClientCertificate | undefined;
}

/** What all OAuth endpoints need. */
export interface OAuthEndpointOptions {
  /** Receives errors that do not reach callers. */
  readonly onError: (error: unknown) => void;
  /** Measures how long a request takes to arrive. */
  readonly clock: Clock;
  /** Counts what has come of requests that are not whole. */
  readonly budget: ByteBudget;
}

/** Answers a request: an object becomes JSON; undefined, an empty body. */
export type OAuthAnswer = (request: OAuthRequest) => Promise<object | undefined>;

/** Create an endpoint that takes forms by POST, and answers errors as RFC 6749 §5.2 says. It never rejects. */
export function createOAuthEndpoint(options: OAuthEndpointOptions, answer: OAuthAnswer): Endpoint {
  const { clock, budget } = options;
  const onError = isolateSink(options.onError);
  return async (request, context) => {
    try {
      assertPost(request);
      const peer = toPeer(context);
      const form = await readForm(request, { clock, budget, peer });
      const certificate = readCertificate(context);
      return toJsonResponse(await answer({ headers: request.headers, form, peer, certificate }));
    } catch (reason) {
      const known = toOAuthError(reason);
      const failure = known === undefined ? reason : findKeySourceError(reason);
      if (failure !== undefined && !request.signal.aborted) {
        onError(failure);
      }
      return toErrorResponse(known ?? new OAuthError("server_error", "internal error", { status: 500 }));
    }
  };
}

/** Hosts in JavaScript may pass anything, or null. */
function toPeer(context: EndpointContext | null | undefined): string {
  const peer: unknown = context?.peer;
  return typeof peer === "string" ? peer : "";
}

/** @throws OAuthError `invalid_request` when a proxy has sent what is no certificate */
function readCertificate(context: EndpointContext | null | undefined): ClientCertificate | undefined {
  try {
    return context?.certificate;
  } catch (error) {
    throw error instanceof AuthError ? new OAuthError("invalid_request", error.message) : error;
  }
}

function assertPost({ method }: Request): void {
  if (method !== "POST") {
    const headers = { allow: "POST" };
    throw new OAuthError("invalid_request", "the method must be POST", { status: 405, headers });
  }
}

function toErrorResponse({ code, message, status, headers }: OAuthError): Response {
  return toJsonResponse({ error: code, error_description: toQuotable(message) }, { status, headers });
}
