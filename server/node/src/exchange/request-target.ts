import { isHost } from "@countersign/server/internal";

/** Finds the origin of a request's URL; `undefined` when its host is not well-formed. */
export type OriginReader = (scheme: "http" | "https", authority: string | undefined) => string | undefined;

/** Create a reader that remembers its last answer: most requests name the same host. */
export function createOriginReader(): OriginReader {
  let lastScheme: string | undefined;
  let lastAuthority: string | undefined;
  let lastOrigin: string | undefined;
  return (scheme, authority) => {
    if (authority === lastAuthority && scheme === lastScheme) {
      return lastOrigin;
    }
    if (authority === undefined || !isHost(authority)) {
      return undefined;
    }
    lastOrigin = new URL(`${scheme}://${authority}`).origin;
    lastScheme = scheme;
    lastAuthority = authority;
    return lastOrigin;
  };
}
