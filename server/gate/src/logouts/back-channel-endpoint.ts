import { AuthError } from "../errors/auth-error.ts";
import type { ByteBudget } from "../kernel/byte-budget.ts";
import type { Clock } from "../kernel/clock.ts";
import { DEFAULT_LIMITS } from "../kernel/default-limits.ts";
import type { Endpoint, EndpointContext } from "../kernel/endpoint.ts";
import { toJsonResponse } from "../kernel/json-response.ts";
import { type BodyText, FORM_TYPE, readText } from "../kernel/read-text.ts";
import { toQuotable } from "../kernel/wire-names.ts";
import { findKeySourceError } from "../keys/own-source.ts";
import type { EventTaker } from "./take-event.ts";

/** What the endpoint needs. */
export interface BackChannelEndpointOptions {
  readonly take: EventTaker;
  /** Measures how long a request takes to arrive. */
  readonly clock: Clock;
  /** Counts what has come of requests that are not whole. */
  readonly budget: ByteBudget;
  /** Receives errors that do not reach the provider. It must not throw. */
  readonly onError: (error: unknown) => void;
}

const { maxFormBytes, maxParameters, formTimeoutMs } = DEFAULT_LIMITS.forms;

const DEFAULT_RETRY_MS = 1_000;

/**
 * Create the endpoint that providers send logout tokens to ([Back-Channel Logout 1.0
 * §2.5](https://openid.net/specs/openid-connect-backchannel-1_0.html#BCRequest)): a form with `logout_token`, by POST. It
 * never rejects. Where a token may be good and cannot be taken just now, it answers 503 with `Retry-After`.
 */
export function createBackChannelEndpoint(options: BackChannelEndpointOptions): Endpoint {
  const { take, onError } = options;
  return async (request, context) => {
    if (request.method !== "POST") {
      return respondError(405, "invalid_request", { message: "the method must be POST", allow: "POST" });
    }
    try {
      const peer = toPeer(context);
      const read = await readLogoutToken(request, peer, options);
      if (read.kind === "fault") {
        return toFaultResponse(read);
      }
      await take(read.text, peer);
      return toJsonResponse(undefined);
    } catch (error) {
      const failure = error instanceof AuthError ? findKeySourceError(error) : error;
      if (failure !== undefined && !request.signal.aborted) {
        onError(failure);
      }
      return toErrorResponse(error);
    }
  };
}

/** Hosts in JavaScript may pass anything, or null. */
function toPeer(context: EndpointContext | null | undefined): string {
  const peer: unknown = context?.peer;
  return typeof peer === "string" ? peer : "";
}

async function readLogoutToken(
  request: Request,
  peer: string,
  { clock, budget }: BackChannelEndpointOptions,
): Promise<BodyText> {
  if (!FORM_TYPE.test(request.headers.get("content-type") ?? "")) {
    return fault("the body must be application/x-www-form-urlencoded");
  }
  const limits = { maxBytes: maxFormBytes, timeoutMs: formTimeoutMs, clock, budget, peer };
  const read = await readText(request, limits);
  if (read.kind === "fault") {
    return read;
  }
  const form = new URLSearchParams(read.text);
  const [token, ...others] = form.getAll("logout_token");
  if (token === undefined || token === "" || others.length > 0 || form.size > maxParameters) {
    return fault("the form must have one logout_token");
  }
  return { kind: "text", text: token };
}

function fault(message: string): BodyText {
  return { kind: "fault", status: 400, message };
}

function toFaultResponse(fault: Extract<BodyText, { readonly kind: "fault" }>): Response {
  const { status, message, retryAfterSeconds } = fault;
  return retryAfterSeconds === undefined
    ? respondError(status, "invalid_request", { message })
    : respondError(status, "temporarily_unavailable", { message, "retry-after": String(retryAfterSeconds) });
}

function toErrorResponse(error: unknown): Response {
  if (!(error instanceof AuthError)) {
    return respondError(500, "server_error", { message: "internal error" });
  }
  const { reason, message, retryAfterMs = DEFAULT_RETRY_MS } = error;
  if (reason === "AUTH_UNAVAILABLE" || reason === "RATE_LIMITED") {
    const seconds = Math.max(1, Math.ceil(retryAfterMs / 1_000));
    const status = reason === "RATE_LIMITED" ? 429 : 503;
    return respondError(status, "temporarily_unavailable", { message, "retry-after": String(seconds) });
  }
  return respondError(400, "invalid_request", { message });
}

/** Answer an error as RFC 6749 §5.2 writes them (Back-Channel Logout 1.0 §2.8). */
function respondError(
  status: number,
  error: string,
  { message, ...headers }: { readonly message: string } & Readonly<Record<string, string>>,
): Response {
  return toJsonResponse({ error, error_description: toQuotable(message) }, { status, headers });
}
