/** Create a fetch that finds an issuer at a hub: the issuer has a name that no machine knows. */
export function createFetchAt(hub: string, issuer: string): typeof globalThis.fetch {
  return (input, init) => {
    const url = input instanceof Request ? input.url : input.toString();
    return fetch(url.replace(issuer, hub), init);
  };
}
