/** Where streams are given a newer token. */
const RENEW_PATH = "/countersign.auth.v1.StreamService/Renew";

/**
 * Watch a `fetch` for renewals of streams: the session makes them by itself, without an event.
 *
 * @param onRenewed called when the server has said that streams go on with a newer token
 */
export function watchRenewals(
  fetch: typeof globalThis.fetch,
  onRenewed: () => void,
): typeof globalThis.fetch {
  return async (input, init) => {
    const response = await fetch(input, init);
    const url = input instanceof Request ? input.url : String(input);
    if (response.ok && url.endsWith(RENEW_PATH)) {
      void notifyWhenRenewed(response.clone(), onRenewed);
    }
    return response;
  };
}

async function notifyWhenRenewed(response: Response, onRenewed: () => void): Promise<void> {
  try {
    const { streams = [] }: { readonly streams?: readonly unknown[] } = await response.json();
    if (streams.length > 0) {
      onRenewed();
    }
  } catch {
    // An answer that broke off renewed nothing here: the session asks again.
  }
}
