import { parseCompactJws } from "../authenticate/compact-jws.ts";
import { digestToken } from "../authenticate/token-digest.ts";
import { AuthError } from "../errors/auth-error.ts";
import type { ByteBudget } from "../kernel/byte-budget.ts";
import type { Clock } from "../kernel/clock.ts";
import type { Endpoint } from "../kernel/endpoint.ts";
import { toJsonResponse } from "../kernel/json-response.ts";
import { readText } from "../kernel/read-text.ts";
import { findKeySourceError } from "../keys/own-source.ts";
import type { EventTaker } from "../logouts/take-event.ts";
import { SetError, type SetErrorCode, toSetErrorCode } from "./set-error.ts";
import type { Transmitter } from "./transmitter.ts";

/** A transmitter that pushes. */
export interface PushingTransmitter {
  readonly transmitter: Transmitter;
  /** Takes what it has signed. */
  readonly take: EventTaker;
}

/** What {@link createPushEndpoint} needs. */
export interface PushEndpointOptions {
  readonly transmitters: readonly PushingTransmitter[];
  readonly clock: Clock;
  /** Counts what has come of requests that are not whole. */
  readonly budget: ByteBudget;
  /** The longest token that is taken, in bytes. */
  readonly maxTokenBytes: number;
  /** Receives errors that do not reach transmitters. It must not throw. */
  readonly onError: (error: unknown) => void;
}

/** With a comma the field stood twice: a proxy in front may have read the other one. */
const MEDIA_TYPE = /^application\/secevent\+jwt[ \t]*(;[^,]*)?$/i;

/** How long a token may take to arrive, in milliseconds. */
const BODY_TIMEOUT_MS = 10_000;
const DEFAULT_RETRY_MS = 1_000;

/**
 * Create the endpoint that transmitters push events to ([RFC 8935](https://www.rfc-editor.org/rfc/rfc8935)). It answers 202 as
 * soon as the effect of an event lasts, also to one that is repeated; and 400 with `err` and `description` to one that is no good.
 * What passes by itself is 503 or 429: the transmitter then sends the event again. It never rejects.
 */
export function createPushEndpoint(options: PushEndpointOptions): Endpoint {
  const { transmitters, clock, budget, maxTokenBytes, onError } = options;
  const limits = { maxBytes: maxTokenBytes, timeoutMs: BODY_TIMEOUT_MS, clock, budget };
  return async (request, context) => {
    if (request.method !== "POST") {
      return toError(405, { description: "the method must be POST", headers: { allow: "POST" } });
    }
    try {
      if (!MEDIA_TYPE.test(request.headers.get("content-type") ?? "")) {
        throw new SetError("invalid_request", "the media type must be application/secevent+jwt");
      }
      const peer = context?.peer ?? "";
      const body = await readText(request, { ...limits, peer });
      if (body.kind === "fault") {
        const { status, message, retryAfterSeconds } = body;
        const headers = retryAfterSeconds === undefined ? {} : { "retry-after": String(retryAfterSeconds) };
        return toError(status, { description: message, headers });
      }
      const { transmitter, take } = findTransmitter(body.text, transmitters);
      await assertAuthorization(request.headers.get("authorization"), transmitter);
      await take(body.text, peer);
      return toJsonResponse(undefined, { status: 202 });
    } catch (error) {
      const failure = error instanceof AuthError ? findKeySourceError(error) : error;
      if (failure !== undefined && !request.signal.aborted) {
        onError(failure);
      }
      return answerError(error);
    }
  };
}

/** What a token says chooses whose it must be, and is believed only once its signature has proven it. */
function findTransmitter(token: string, transmitters: readonly PushingTransmitter[]): PushingTransmitter {
  const { iss } = parseCompactJws(token, token.length).payload;
  const found = transmitters.find(({ transmitter }) => transmitter.trusted.issuer === iss);
  if (found === undefined) {
    throw new SetError("invalid_issuer", "iss is not a transmitter that may push");
  }
  return found;
}

/** Hashes are compared: how long that takes says nothing of what would be right. */
async function assertAuthorization(
  authorization: string | null,
  { authorizationDigest }: Transmitter,
): Promise<void> {
  if (authorizationDigest === undefined) {
    return;
  }
  if (authorization === null || (await digestToken(authorization)) !== (await authorizationDigest)) {
    throw new SetError("authentication_failed", "header authorization is not that of the transmitter");
  }
}

function answerError(error: unknown): Response {
  const err = toSetErrorCode(error);
  if (error instanceof AuthError && err !== undefined) {
    return toError(400, { err, description: error.message });
  }
  const isLimited = error instanceof AuthError && error.reason === "RATE_LIMITED";
  const { retryAfterMs = DEFAULT_RETRY_MS } = error instanceof AuthError ? error : {};
  return toJsonResponse(undefined, {
    status: isLimited ? 429 : 503,
    headers: { "retry-after": String(Math.max(1, Math.ceil(retryAfterMs / 1_000))) },
  });
}

interface ErrorAnswer {
  /** Default: `invalid_request`. */
  readonly err?: SetErrorCode;
  readonly description: string;
  readonly headers?: Readonly<Record<string, string>>;
}

function toError(
  status: number,
  { err = "invalid_request", description, headers = {} }: ErrorAnswer,
): Response {
  return toJsonResponse({ err, description }, { status, headers });
}
