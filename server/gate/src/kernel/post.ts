import { beforeAbort } from "./before-abort.ts";
import { createByteParts } from "./byte-parts.ts";
import type { Clock } from "./clock.ts";

/** The longest that an answer is waited for because it says when to come again, in milliseconds. */
const MAX_RETRY_MS = 60_000;

/** What is sent. */
export interface PostRequest {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array<ArrayBuffer> | string;
}

/** How it is sent. */
export interface PostContext {
  readonly fetch: typeof globalThis.fetch;
  readonly clock: Clock;
  /** Gives it up. */
  readonly signal: AbortSignal;
  /** How long the answer may take, in milliseconds. Default: 4,000. */
  readonly timeoutMs?: number;
}

/** What came back. */
export interface PostResponse {
  readonly status: number;
  readonly headers: Headers;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** How long an answer may take that nothing holds back, in milliseconds. */
const TIMEOUT_MS = 4_000;
/** More than any answer that is waited for has. */
const MAX_BYTES = 1024 * 1024;

/** An answer is longer than what is read of it. */
export class OversizeError extends Error {
  override readonly name = "OversizeError";
}

/**
 * Send a request, and read its whole answer: in time, of 1 MiB at the most. Redirects are not followed: what is
 * sent is a secret, for one place.
 *
 * @throws OversizeError when it is longer
 * @throws Error when there is none
 */
export async function post(
  url: URL,
  request: PostRequest,
  { fetch, clock, signal, timeoutMs = TIMEOUT_MS }: PostContext,
): Promise<PostResponse> {
  const end = new AbortController();
  const giveUp = (): void => end.abort();
  const cancelTimer = clock.schedule(giveUp, timeoutMs);
  signal.addEventListener("abort", giveUp);
  try {
    signal.throwIfAborted();
    const { headers, body } = request;
    const sent = fetch(url, { method: "POST", headers, body, redirect: "manual", signal: end.signal });
    return await beforeAbort(sent.then(readWhole), end.signal);
  } finally {
    cancelTimer();
    signal.removeEventListener("abort", giveUp);
    giveUp(); // what is left of a body that was not read to its end
  }
}

async function readWhole(response: Response): Promise<PostResponse> {
  const parts = createByteParts();
  const reader = response.body?.getReader();
  for (let read = await reader?.read(); read !== undefined && !read.done; read = await reader?.read()) {
    parts.add(read.value);
    if (parts.size > MAX_BYTES) {
      throw new OversizeError(`the answer is larger than ${MAX_BYTES} bytes`);
    }
  }
  return { status: response.status, headers: response.headers, bytes: parts.take() };
}

/** Read after how long to come again, in milliseconds: at most a minute. A date would need clocks that agree. */
export function readRetryAfter(headers: Headers): number | undefined {
  const seconds = /^\d{1,9}$/.exec(headers.get("retry-after") ?? "")?.[0];
  return seconds === undefined ? undefined : Math.min(MAX_RETRY_MS, Number(seconds) * 1_000);
}
