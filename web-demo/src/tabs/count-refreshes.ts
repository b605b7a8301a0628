/** Where tokens are refreshed. */
const REFRESH_PATH = "/countersign.auth.v1.SessionService/Refresh";

/** A `fetch` that knows how many refreshes it has sent. */
export interface RefreshCounter {
  readonly fetch: typeof fetch;
  readonly count: () => number;
}

/** Count the refreshes that go through a `fetch`. */
export function createRefreshCounter(realFetch: typeof fetch): RefreshCounter {
  let sent = 0;
  return {
    fetch: (input, init) => {
      const url = input instanceof Request ? input.url : String(input);
      if (url.endsWith(REFRESH_PATH)) {
        sent += 1;
      }
      return realFetch(input, init);
    },
    count: () => sent,
  };
}
