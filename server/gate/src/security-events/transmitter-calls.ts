import { beforeAbort } from "../kernel/before-abort.ts";
import type { Clock } from "../kernel/clock.ts";
import { OversizeError, type PostResponse, post, readRetryAfter } from "../kernel/post.ts";
import { type HeaderSource, makeHeaders } from "../keys/request-headers.ts";
import { SignalsError } from "../signals/signals-error.ts";
import type { GrantedToken } from "../signals/token-request.ts";
import type { TokenSource } from "../signals/token-source.ts";

/** How a transmitter is asked. */
export interface TransmitterAccess {
  /** Header fields to send, such as `authorization`. */
  readonly headers: HeaderSource | undefined;
  readonly fetch: typeof globalThis.fetch;
  /** Gets the access tokens to send; undefined: there are none, or `headers` has them. */
  readonly tokens: TokenSource<GrantedToken> | undefined;
}

/** A request to a transmitter. */
export interface TransmitterCall extends TransmitterAccess {
  readonly url: URL;
  readonly body: object;
  readonly clock: Clock;
  /** Gives it up. */
  readonly signal: AbortSignal;
  /** How long the answer may take, in milliseconds. Default: 4,000. */
  readonly timeoutMs?: number;
}

/**
 * Ask a transmitter for something.
 *
 * @returns an answer of status 200 to 299
 * @throws SignalsError when there is none: its message repeats no header field
 */
export async function callTransmitter(call: TransmitterCall): Promise<PostResponse> {
  const { url, body, fetch, clock, signal, timeoutMs, tokens } = call;
  const token = tokens && (await beforeAbort(tokens.get(), signal));
  const fields = await makeFields(call, token);
  const request = { headers: Object.fromEntries(fields), body: JSON.stringify(body) };
  const context = { fetch, clock, signal, ...(timeoutMs === undefined ? {} : { timeoutMs }) };
  const response = await post(url, request, context).catch((cause: unknown) => {
    throw cause instanceof OversizeError
      ? new SignalsError("protocol", `${url.origin} answers this receiver of events with more than 1 MiB`, {
          cause,
        })
      : new SignalsError("unreachable", `${url.origin} cannot be reached, or does not answer`, { cause });
  });
  if (response.status < 200 || response.status > 299) {
    if (response.status === 401 && token !== undefined) {
      tokens?.forget(token);
    }
    throw toSignalsError(url, response);
  }
  return response;
}

async function makeFields(
  { url, headers }: TransmitterCall,
  token: GrantedToken | undefined,
): Promise<Headers> {
  const fields = await makeHeaders(url, headers).catch((cause: unknown) => {
    throw new SignalsError("credential", "the header fields for the transmitter cannot be made", { cause });
  });
  fields.set("content-type", "application/json");
  if (token !== undefined) {
    fields.set("authorization", `Bearer ${token.token}`);
  }
  return fields;
}

function toSignalsError({ origin }: URL, { status, headers }: PostResponse): SignalsError {
  if (status === 401 || status === 403) {
    return new SignalsError("credential", `${origin} does not take the credential of this receiver`);
  }
  const retryAfterMs = readRetryAfter(headers);
  return status === 429 || status >= 500
    ? new SignalsError("unreachable", `${origin} sends no events just now`, { retryAfterMs })
    : new SignalsError("protocol", `${origin} answers this receiver of events with status ${status}`);
}
