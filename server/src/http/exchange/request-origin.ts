/** Finds the origin of a request's URL; `undefined` when its host is not well-formed. */
export type OriginReader = (scheme: "http" | "https", authority: string | undefined) => string | undefined;

/** What ends a host in a URL (RFC 3986 §3.2) would let the rest of the field pass for a path or a user; URL drops tabs. */
const FORBIDDEN = /[/?#@\\\s]/;

/** Create a reader that remembers its last answer: most requests name the same host. */
export function createOriginReader(): OriginReader {
  let lastScheme: string | undefined;
  let lastAuthority: string | undefined;
  let lastOrigin: string | undefined;
  return (scheme, authority) => {
    if (authority === lastAuthority && scheme === lastScheme) return lastOrigin;
    if (authority === undefined || FORBIDDEN.test(authority)) return undefined;
    const url = `${scheme}://${authority}`;
    if (!URL.canParse("/", url)) return undefined;
    lastOrigin = new URL("/", url).origin;
    lastScheme = scheme;
    lastAuthority = authority;
    return lastOrigin;
  };
}
