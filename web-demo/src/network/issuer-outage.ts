/** The page's way to the issuer, which can be taken away while that to the API stays. */
export interface IssuerOutage {
  /** Like the `fetch` that it was made of, unless the issuer is away. */
  readonly fetch: typeof fetch;
  /** Take the issuer away, or give it back. */
  readonly turn: (isAway: boolean) => void;
}

/** Where sessions begin, are refreshed and end. */
const ISSUER_PATH = /\/countersign\.auth\.v1\.SessionService\//;

/** Put an outage of the issuer into a `fetch`. What fails looks like what browsers make of a server that is down. */
export function createIssuerOutage(realFetch: typeof fetch): IssuerOutage {
  let isAway = false;
  return {
    fetch: async (input, init) => {
      const url = input instanceof Request ? input.url : String(input);
      if (isAway && ISSUER_PATH.test(url)) {
        throw new TypeError("Failed to fetch");
      }
      return realFetch(input, init);
    },
    turn: (value) => {
      isAway = value;
    },
  };
}
