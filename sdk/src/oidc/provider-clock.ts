import * as oauth from "oauth4webapi";
import { TokenSourceError } from "../core/source-error.ts";
import { boundResponse } from "./bounded-response.ts";
import { isSecureUrl } from "./secure-url.ts";

/** How far the clock of a provider lies from this machine's, as far as its answers show. */
export interface ProviderClock {
  /** How many seconds the provider's clock is ahead. Differences that providers bear with count as none. */
  readonly skewSeconds: () => number;
  /**
   * Fetch, and note the date of the answer (RFC 9110 §6.6.1). Pages of other origins are not shown it. No more of the
   * answer is read than {@link boundResponse} lets through.
   */
  readonly fetch: (url: string, options: FetchOptions) => Promise<Response>;
  /**
   * Run a request that carries its time, as a signed assertion does (RFC 7523 §3); once more when the client
   * was refused and the answer shows that the time was wrong.
   */
  readonly dated: <T>(run: () => Promise<T>) => Promise<T>;
}

/** What requests are made with; the body may be undefined. */
type FetchOptions = Omit<RequestInit, "body"> & { readonly body: URLSearchParams | undefined };

/** What providers allow for clocks that differ, and answers for being under way. */
const TOLERANCE_SECONDS = 30;

/** Create a clock that knows of no difference yet. */
export function createProviderClock(): ProviderClock {
  let skewSeconds = 0;
  return {
    skewSeconds: () => skewSeconds,
    async fetch(url, options) {
      if (!isSecureUrl(url)) {
        throw new TokenSourceError("config", "an endpoint of the provider is plain http on another machine");
      }
      const response = await fetch(url, { ...options, body: options.body ?? null });
      const atMs = Date.parse(response.headers.get("date") ?? "");
      // Others may come out of a cache, with the date of long ago.
      if (options.method === "POST" && Number.isFinite(atMs)) {
        const seconds = Math.round((atMs - Date.now()) / 1000);
        skewSeconds = Math.abs(seconds) > TOLERANCE_SECONDS ? seconds : 0;
      }
      return boundResponse(response);
    },
    async dated(run) {
      const before = skewSeconds;
      try {
        return await run();
      } catch (error) {
        const wasWrong = Math.abs(skewSeconds - before) > TOLERANCE_SECONDS;
        if (!wasWrong || !isClientRefused(error)) {
          throw error;
        }
        return run();
      }
    },
  };
}

/** Nothing was used up then: clients are looked at before grants (RFC 6749 §3.2.1). */
function isClientRefused(error: unknown): boolean {
  return (
    error instanceof oauth.WWWAuthenticateChallengeError ||
    (error instanceof oauth.ResponseBodyError && error.error === "invalid_client")
  );
}
